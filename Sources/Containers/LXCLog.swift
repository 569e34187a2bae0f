import Failure
import FileTree
import Glibc
import SystemPackage

/// liblxc's log of one run.
package enum LXCLog {
    /// A line of the log: `lxc NAME DATE ERROR    module - FILE:FUNCTION:LINE - ERRNO TEXT - MESSAGE`.
    package struct Entry: Sendable, Hashable {
        /// The source file, function and line within liblxc.
        package var origin: String
        /// What liblxc says, with the text of errno in front where there was one.
        package var message: String
    }

    /// Empties the log, since liblxc appends, and lets `lxc.log` beside it point to it.
    ///
    /// - Parameter owner: who is to write it, if not this user.
    package static func start(_ path: FilePath, owner: (uid: uid_t, gid: gid_t)? = nil) throws {
        try attempt("couldn't start the log \(path)") {
            // liblxc traces the environment, which may hold secrets.
            let log = try OpenFile(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
            try checked(fchmod(log.number, 0o600), at: log.place)
            if let owner { try checked(fchown(log.number, owner.uid, owner.gid), at: log.place) }
            guard let name = path.lastComponent, name != latest else { return }
            let directory = try Directory(at: path.removingLastComponent())
            let temporary = FilePath.temporaryName(for: latest.string)
            try directory.makeSymlink(temporary, to: FilePath(root: nil, [name]))
            try directory.rename(temporary, to: FilePath(root: nil, [latest]))
        }
    }

    /// Sees to it that a log is there when its run is gone.
    ///
    /// - Returns: where it is.
    static func keep(_ config: ContainerConfig) throws -> FilePath {
        guard let kept = config.keptLog, let name = kept.lastComponent else { return config.logFile }
        try attempt("couldn't keep liblxc's log as \(kept)") {
            let log = try OpenFile(config.logFile, O_RDONLY)
            try Directory(at: kept.removingLastComponent()).replaceFile(FilePath(root: nil, [name]), mode: 0o600) {
                try $0.copyContent(of: log)
            }
        }
        return kept
    }

    private static let latest = FilePath.Component("lxc.log")

    /// The ERROR lines of a log, each message once, in order, for `--debug`. A log that cannot be read has none.
    package static func errors(in path: FilePath) -> [Entry] {
        guard let file = try? OpenFile(path, O_RDONLY), let bytes = try? file.readToEnd(limit: 256 << 20) else {
            return []
        }
        return errors(in: String(decoding: bytes, as: UTF8.self))
    }

    /// The same for a log's text.
    package static func errors(in text: String) -> [Entry] {
        var seen: Set<String> = []
        return text.split(separator: "\n").compactMap(entry).filter { seen.insert($0.message).inserted }
    }

    private static func entry(_ line: Substring) -> Entry? {
        // The name has no blanks: it is ours.
        let words = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: true)
        guard words.count == 5, words[0] == "lxc" else { return nil }
        // liblxc tries a refused overlay again without a workdir, which fails in any case and with another errno: the
        // first refusal is the one that matters.
        guard words[3] == "ERROR" || words[3] == "INFO" && words[4].hasSuffix("Retrying without workdir") else {
            return nil
        }
        // "module   - ../src/lxc/x.c:function:12 - message", where the message may have " - " in it.
        let rest = words[4]
        guard let first = rest.separator(), let second = rest[first.upperBound...].separator() else { return nil }
        var origin = rest[first.upperBound..<second.lowerBound]
        while origin.hasPrefix("../") { origin = origin.dropFirst(3) }
        return Entry(origin: String(origin), message: String(rest[second.upperBound...]))
    }

    /// A message short enough for an `error:` line: a mount of 500 directories names them all.
    static func brief(_ message: String) -> String {
        let limit = 300
        guard message.count > limit else { return message }
        return "\(message.prefix(limit / 2)) … \(message.suffix(limit / 2))"
    }

    /// What can be done about known errors.
    package static func advice(for errors: [Entry]) -> String? {
        errors.lazy.compactMap { advice(for: $0.message) }.first
    }

    /// What can be done about a known error.
    package static func advice(for message: String) -> String? {
        known.first { message.contains($0.text) }?.help
    }

    private static let known: [(text: String, help: String)] = [
        (
            "Failed to mount \"0",
            "the overlay was refused; `dmesg | tail` has the kernel's reason, `stacker check` knows the usual ones"
        ),
        (
            "AppArmor",
            "AppArmor is in the way: install the lxc package, which has the profile lxc-container-default-cgns"
        ),
        ("/dev/null", "the devices that every program expects have to be in /dev: mount the host's there"),
        ("Failed to create lock for", aboutLocks), ("Failed to create private lock for", aboutLocks),
        ("/lxc/lock/", aboutLocks), ("liblxc's locks", aboutLocks), ("couldn't load liblxc", aboutLiblxc),
    ]

    /// What to do where liblxc isn't.
    package static let aboutLiblxc =
        "install liblxc, which runs the containers: the package liblxc1, liblxc1t64 or lxc-libs"

    private static let aboutLocks =
        "liblxc makes a lock in /run/lxc or in the stacker directory: see that they can be written to"
}

extension Substring {
    /// The first " - ".
    fileprivate func separator() -> Range<Index>? {
        let separator = " - "
        var index = startIndex
        while let end = self.index(index, offsetBy: separator.count, limitedBy: endIndex) {
            if self[index..<end] == separator { return index..<end }
            index = self.index(after: index)
        }
        return nil
    }
}

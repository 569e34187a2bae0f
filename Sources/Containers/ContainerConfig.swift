import Failure
import Glibc
import SystemPackage

/// A directory or file of the host, or of the build, that a container sees.
package struct ContainerMount: Sendable, Hashable {
    /// What is mounted: an absolute path outside the container.
    package var source: FilePath
    /// Where: an absolute path inside the container.
    package var target: FilePath
    /// Whether the container may only read it. Mounts below the source stay as they are.
    package var readOnly: Bool
    /// Whether mounts below the source come along.
    package var recursive: Bool
    /// What is made in the container when `target` does not exist: a directory or an empty file.
    package var isDirectory: Bool

    /// Describes one mount.
    package init(source: FilePath, target: FilePath, readOnly: Bool, recursive: Bool = true, isDirectory: Bool) {
        self.source = source
        self.target = target
        self.readOnly = readOnly
        self.recursive = recursive
        self.isDirectory = isDirectory
    }
}

/// Everything that says what a container is, before anything is run.
package struct ContainerConfig: Sendable {
    /// The directories whose contents the container sees, the one that hides the others first. At least one.
    package var lowerdirs: [FilePath]
    /// The directory that takes what the container changes. overlayfs's `work` is made beside it and removed.
    package var upperdir: FilePath
    /// An existing directory on which the overlay is mounted, inside the container's namespace only.
    package var rootfsMount: FilePath
    /// What is mounted beside /proc, /dev, /dev/shm and /sys, in this order.
    package var mounts: [ContainerMount]
    /// The whole environment of the program; `container=lxc` comes from liblxc.
    package var environment: [(name: String, value: String)]
    /// The container's host name.
    package var hostname: String
    /// A directory for the files of one run: config, links to the lowerdirs. On any local file system.
    package var stateDirectory: FilePath
    /// liblxc's log, at level TRACE.
    package var logFile: FilePath
    /// Where the log is copied to if the container can't be started, for the user to read: ``logFile`` goes with the run. It
    /// stays where it is if this is `nil`.
    package var keptLog: FilePath?
    /// Whether the program keeps the terminal and standard input. Otherwise it reads /dev/null.
    package var terminal: Bool
    /// Where its standard output and standard error go; a program that keeps the terminal has stacker's own.
    package var output = ContainerOutput.inherited
    /// The program's file mode creation mask, whatever that of this process is.
    package var umask: mode_t = 0o022
    /// On how many processors of this process's the program runs, 1 or more; all of them if `nil`.
    package var processors: Int?
    /// What the program may do, and as whom.
    package var rights = ContainerRights()

    /// Describes a container.
    package init(
        lowerdirs: [FilePath], upperdir: FilePath, rootfsMount: FilePath, mounts: [ContainerMount] = [],
        environment: [(name: String, value: String)] = [], hostname: String = "stacker",
        stateDirectory: FilePath, logFile: FilePath, terminal: Bool = false
    ) {
        self.lowerdirs = lowerdirs
        self.upperdir = upperdir
        self.rootfsMount = rootfsMount
        self.mounts = mounts
        self.environment = environment
        self.hostname = hostname
        self.stateDirectory = stateDirectory
        self.logFile = logFile
        self.terminal = terminal
    }

    /// The overlay as `--debug` shows it, one directory a line: the config file itself names them by short links.
    package var overlayArguments: [String] {
        lowerdirs.map { "lowerdir=\($0)" } + ["upperdir=\(upperdir)", "workdir=\(workdir)"]
    }

    /// Where overlayfs prepares its changes. liblxc puts it beside the upperdir under this name.
    var workdir: FilePath { upperdir.removingLastComponent().appending("work") }
}

extension ContainerConfig {
    /// The text of the LXC config file, and what no file and no argument is to show: the environment.
    package struct Text: Sendable, Equatable {
        /// The file's lines, each with its line feed.
        package var file: String
        /// `NAME=value`.
        package var environment: [String]
    }

    /// Writes the config for a run in `directory`, which ``ContainerDirectory`` prepared: it is liblxc's working
    /// directory, has the lowerdirs as `0`, `1`, …, the upperdir as `upper` and a view of /sys as `sys`.
    ///
    /// The links are there because liblxc hands the kernel one string of options, which is cut at 4096 bytes. They
    /// also keep every awkward byte of a path out of that string. liblxc tells the upperdir by its leading slash.
    ///
    /// - Parameters:
    ///   - disableAppArmor: ask for no AppArmor profile; an error where liblxc was built without AppArmor.
    ///   - console: let liblxc put a terminal of its own between ours and the program: that gives it job control and
    ///     Ctrl-C, but is nothing that a pipe could pass.
    package func text(directory: FilePath, disableAppArmor: Bool, console: Bool) throws -> Text {
        var text = Text(file: "", environment: try environmentEntries())
        func set(_ key: String, _ value: String) { text.file += "\(key) = \(value)\n" }

        // First, so that what is wrong in the lines below is logged.
        set("lxc.log.level", "TRACE")
        set("lxc.log.file", try quoted(logFile))

        let lowers = lowerdirs.indices.map(String.init).joined(separator: ":")
        set("lxc.rootfs.path", "overlay:overlayfs:\(lowers):/proc/self/cwd/\(ContainerDirectory.upper)")
        set("lxc.rootfs.options", "userxattr")
        set("lxc.rootfs.mount", try quoted(rootfsMount))
        set("lxc.mount.auto", "proc:mixed")
        set("lxc.autodev", "1")
        set("lxc.pty.max", "1024")
        set("lxc.mount.entry", "none dev/shm tmpfs defaults,create=dir 0 0")
        let sys = ContainerMount(
            source: directory.appending(ContainerDirectory.sys), target: "/sys", readOnly: false, isDirectory: true)
        for mount in [sys] + mounts {
            set("lxc.mount.entry", try mountEntry(mount))
        }
        set("lxc.uts.name", try quoted(hostname, what: "host name"))
        set("lxc.net.0.type", "none")
        for (key, value) in rights.settings { set(key, value) }
        if let directory = rights.workingDirectory { set("lxc.init.cwd", try quoted(directory)) }
        if disableAppArmor { set("lxc.apparmor.profile", "unconfined") }
        if !console { set("lxc.console.path", "none") }
        return text
    }

    private func environmentEntries() throws -> [String] {
        try environment.map { name, value in
            if name.isEmpty || name.utf8.contains(where: { $0 == UInt8(ascii: "=") || $0 == 0 }) {
                throw Failure("\"\(name)\" cannot be the name of an environment variable")
            }
            let entry = "\(name)=\(value)"
            if entry.utf8.contains(0) { throw Failure("the environment variable \(name) has a NUL byte in its value") }
            return entry
        }
    }

    /// A value as liblxc's parser takes it: without quotes it loses blanks at both ends, and it removes one pair of
    /// quotes, so that what is inside needs no escape.
    private func quoted(_ value: String, what: String) throws -> String {
        guard !value.utf8.contains(where: { $0 == UInt8(ascii: "\n") || $0 == 0 }) else {
            throw Failure("a line feed in the \(what) \"\(value)\" is more than LXC's config file can say")
        }
        return "\"\(value)\""
    }

    private func quoted(_ path: FilePath) throws -> String {
        try quoted(try path.exactString(), what: "path")
    }

    /// One line of fstab(5): fields are separated by blanks, which are written in octal, as is the backslash.
    private func mountEntry(_ mount: ContainerMount) throws -> String {
        // Relative to the container's root: an absolute target would mean the host's.
        var target = mount.target
        target.root = nil
        let options = [
            mount.recursive ? "rbind" : "bind", mount.readOnly ? "ro" : nil,
            mount.isDirectory ? "create=dir" : "create=file",
        ]
        return try [
            mount.source.exactString().escapedForFstab, target.exactString().escapedForFstab, "none",
            options.compactMap { $0 }.joined(separator: ","), "0", "0",
        ].joined(separator: " ")
    }
}

extension String {
    /// As getmntent(3) reads it back.
    var escapedForFstab: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar {
            case " ": result += "\\040"
            case "\t": result += "\\011"
            case "\n": result += "\\012"
            case "\\": result += "\\134"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension FilePath {
    /// The path as text that has exactly its bytes.
    ///
    /// - Throws: if it is not UTF-8: the config file is text.
    func exactString() throws -> String {
        guard let string = String(validating: self) else {
            throw Failure("the path \(self) is not valid UTF-8 and cannot be named in LXC's config file")
        }
        return string
    }
}

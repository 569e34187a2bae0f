import CSyscalls
import Containers
import Failure
import FileTree
import Glibc
import Host
import OCI
import SystemPackage

/// What `stacker check` finds out about this machine and the roots directory.
package struct HostCheck: Sendable {
    /// How good or bad something is.
    package enum Status: String, Sendable, Encodable {
        /// As it should be.
        case ok
        /// A build works, with limits.
        case warn
        /// A build would fail.
        case fail
    }

    /// One line of the check.
    package struct Finding: Sendable, Encodable {
        /// What was looked at.
        package let name: String
        /// The outcome.
        package let status: Status
        /// What was seen.
        package let detail: String
        /// What mends it.
        package let remedy: String?
    }

    /// In the order that they are printed in.
    package private(set) var findings: [Finding] = []

    /// Whether a build would fail.
    package var fails: Bool { findings.contains { $0.status == .fail } }

    /// Looks at everything; the directories need not exist.
    ///
    /// - Parameters:
    ///   - creatingRoots: whether the roots directory is made, and stays.
    ///   - mending: whether something was mended: by root, and maybe for another user, who builds in the directories.
    ///   - platforms: whose scripts are to run here.
    package init(
        _ directories: StackerDirectories, creatingRoots: Bool = false, mending: Bool = false,
        platforms: [Platform] = []
    ) throws {
        if creatingRoots { try Directory.create(directories.roots, isPlain: true) }
        add("kernel", Self.kernelIsEnough ? .ok : .fail, Self.kernel, "stacker needs Linux 5.6 or later")
        let liblxc = Version.liblxc
        add("liblxc", liblxc == nil ? .fail : .ok, liblxc ?? "it can't be loaded", LXCLog.aboutLiblxc)
        let user = HostUser.current
        add("user", .ok, user.uid == 0 ? "root" : "\(user.name), uid \(user.uid)")
        checkIDMaps(of: user)
        try checkRoots(directories)
        if mending, !directories.areOwn {
            add("stacker", .warn, "\(directories.stacker) is another user's", "let that user run stacker check")
        } else {
            attemptFinding("stacker", "\(directories.stacker)", "name another with --stacker-dir") {
                try directories.refuseForeign()
                try NearestDirectory(directories.stacker).withProbe { _, _ in }
            }
        }
        attemptFinding("oci", "\(directories.oci)", "name another with --oci-dir") {
            try Layout.refuseImpossible(directories.oci)
            _ = try Layout(ifThereAt: directories.oci)?.index()
            // No probe: with anything else in it, a directory is no place for a layout.
            let path = try NearestDirectory(directories.oci).path
            _ = try attempt("couldn't write to \(path)") { try checked(access(path.string, W_OK | X_OK)) }
        }
        checkContainer(directories)
        for platform in platforms { checkScripts(of: platform) }
    }

    private mutating func add(_ name: String, _ status: Status, _ detail: String, _ remedy: String? = nil) {
        findings.append(.init(name: name, status: status, detail: detail, remedy: status == .ok ? nil : remedy))
    }

    private mutating func checkIDMaps(of user: HostUser) {
        if user.uid == 0 { return add("id maps", .ok, "not needed by root") }
        // Inside, they are proof enough of themselves.
        if geteuid() == 0 { return add("id maps", .ok, "/etc/subuid and /etc/subgid") }
        attemptFinding("id maps", "found") {
            _ = try IDMaps(of: user)
            try Namespace.refuseWithoutUserNamespaces()
        }
    }

    private mutating func checkRoots(_ directories: StackerDirectories) throws {
        do {
            try check(RootsFileSystem(directories.roots))
        } catch let failure as Failure {
            add("roots", .fail, failure.description, failure.advice ?? "name another with --roots-dir")
        }
    }

    private mutating func check(_ roots: RootsFileSystem) throws {
        let place = "\(roots.path) on \(roots.fileSystem.name)"
        do {
            try roots.refuseUnfit()
            add("roots", .ok, place)
        } catch let failure as Failure {
            add("roots", .fail, failure.description, failure.advice)
        }
        let elsewhere = "name a directory on ext4, xfs or btrfs with --roots-dir"
        do {
            try roots.withProbe { probe in
                checkLinks(roots, probe, elsewhere)
                attemptFinding("whiteouts", "made", elsewhere) {
                    try attempt("couldn't make one in \(roots.path)") { try RootsFileSystem.tryWhiteout(in: probe) }
                }
                attemptFinding("user xattrs", "set", elsewhere) {
                    try attempt("couldn't set one in \(roots.path)") { try RootsFileSystem.tryAttribute(of: probe) }
                }
                checkOverlay(probe, roots.path)
            }
        } catch {
            add("overlay", .fail, "\(error)", elsewhere)
        }
    }

    /// Starts a container, which takes what no single look can tell: devices, a place for liblxc's locks, mounts.
    private mutating func checkContainer(_ directories: StackerDirectories) {
        guard geteuid() == 0 else { return add("container", .warn, "can't be tried without id maps", "see id maps") }
        // Of what has been found out already this would say no more.
        if fails { return add("container", .warn, "not tried", "see the lines above that begin with fail") }
        attemptFinding("container", "started") {
            try NearestDirectory(directories.roots).withProbe { _, roots in
                try NearestDirectory(directories.stacker).withProbe { _, stacker in
                    try TrialContainer.start(roots: roots, stacker: stacker)
                }
            }
        }
    }

    /// Whether scripts of a platform run, and by what.
    private mutating func checkScripts(of platform: Platform) {
        let name = "scripts of \(platform)"
        do {
            switch try ForeignScripts.runner(of: platform) {
            case .processor: add(name, .ok, "run by this machine's processor")
            case .unseen: add(name, .ok, "run by a handler that is not to be seen here: binfmt_misc is not mounted")
            case .handlerInImage(let handler): throw handler.interpreterMissing("in no usual image")
            case .handler(let handler):
                add(name, .ok, "run by \(handler.quotedName), \(shown(handler.interpreter.string))")
            }
        } catch {
            add(name, .fail, "\(error)", (error as? Failure)?.advice)
        }
    }

    private mutating func checkLinks(_ roots: RootsFileSystem, _ probe: Directory, _ elsewhere: String) {
        let fileSystem = roots.fileSystem
        let limited = fileSystem.runsOutOfLinks
        do {
            try RootsFileSystem.tryLink(in: probe)
            add("hard links", limited ? .warn : .ok, "\(fileSystem)", fileSystem.linkRemedy)
        } catch {
            add("hard links", .fail, "can't be made in \(roots.path): \(error)", elsewhere)
        }
    }

    private mutating func attemptFinding(
        _ name: String, _ done: String, _ remedy: String? = nil, _ body: () throws -> Void
    ) {
        do {
            try body()
            add(name, .ok, done)
        } catch {
            add(name, .fail, "\(error)", (error as? Failure)?.advice ?? remedy)
        }
    }

    private mutating func checkOverlay(_ probe: Directory, _ roots: FilePath) {
        guard geteuid() == 0 else { return add("overlay", .warn, "can't be tried without id maps", "see id maps") }
        attemptFinding("overlay", "set up", "modprobe overlay, or another file system: --roots-dir") {
            try attempt("couldn't set one up in \(roots)") { try RootsFileSystem.tryOverlay(in: probe) }
        }
    }

    private static var kernel: String {
        var name = utsname()
        guard uname(&name) == 0 else { return "unknown" }
        return withUnsafeBytes(of: &name.release) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    private static var kernelIsEnough: Bool {
        let numbers = kernel.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        guard numbers.count == 2 else { return true }
        return (numbers[0], numbers[1]) >= (5, 6)
    }
}

extension HostCheck {
    /// A line for each finding: its status, its name, what was seen, and what mends it.
    package var text: String {
        findings.map { finding in
            let line = "\(finding.status.rawValue)\t\(finding.name): \(finding.detail)"
            return finding.remedy.map { "\(line)\n\thelp: \($0)" } ?? line
        }.joined(separator: "\n")
    }

    /// The findings as JSON.
    package func json() throws -> String { String(decoding: try JSON.encode(findings), as: UTF8.self) }

    /// Switches extended inode refs on where the roots directory's btrfs has none; for good.
    ///
    /// - Parameter say: told what is going to be done, before it is.
    package static func fix(_ directories: StackerDirectories, say: (String) -> Void) throws {
        let roots = try RootsFileSystem(directories.roots)
        guard roots.fileSystem.runsOutOfLinks, let btrfs = roots.fileSystem.btrfs else {
            return say("nothing to mend: \(roots.path) is on \(roots.fileSystem)")
        }
        guard HostUser.current.uid == 0, geteuid() == 0 else {
            throw Failure("couldn't switch extended inode refs on: only root can", help: "sudo stacker check --fix")
        }
        say(
            "switching extended inode refs on, for good, on the btrfs \(btrfs.uuid) that \(roots.path) is on: "
                + "kernels before 3.7 can't mount it any more")
        try attempt("couldn't switch extended inode refs on") {
            _ = try checked(stacker_btrfs_enable_extref(roots.nearest.directory.file.number))
        }
    }
}

import Failure
import FileTree
import Glibc
import Host
import RecipeText
import SystemPackage

/// Where a build finds and leaves everything. All paths are absolute.
package struct StackerDirectories: Sendable {
    /// The cache, imports, bases and logs: `--stacker-dir`.
    package let stacker: FilePath
    /// The output layout: `--oci-dir`.
    package let oci: FilePath
    /// The unpacked layers and upperdirs: `--roots-dir`.
    package let roots: FilePath
    /// What the others are relative to, if they are not absolute: `--work-dir`.
    package let work: FilePath

    /// Takes each directory from the command line, otherwise from the config file, otherwise its default; the defaults
    /// lie in the work directory.
    ///
    /// - Parameter configFile: `nil` for the user's own, which need not exist.
    package init(
        configFile: FilePath?, workDirectory: String?, stackerDirectory: String?, ociDirectory: String?,
        rootsDirectory: String?
    ) throws {
        let file = try ConfigFile(at: configFile)
        let here = try FilePath.currentDirectory()
        let workDirectory = workDirectory ?? file.values["work_dir"]
        let work = here.pushing(FilePath(workDirectory ?? ""))
        func directory(_ option: String?, _ key: String, _ standard: String) -> FilePath {
            if let given = option ?? file.values[key] { return here.pushing(FilePath(given)).lexicallyNormalized() }
            return work.appending(standard).lexicallyNormalized()
        }
        self.work = work.lexicallyNormalized()
        stacker = directory(stackerDirectory, "stacker_dir", ".stacker")
        oci = directory(ociDirectory, "oci_dir", "oci")
        roots = directory(rootsDirectory, "rootfs_dir", "roots")
        if roots.string.contains(":") {
            throw Failure(
                "using ':' in the roots directory \(roots) is forbidden: overlayfs splits its lowerdirs there",
                help: "name another with --roots-dir")
        }
        try refuseSame()
    }

    /// Refuses one directory for two purposes: each is emptied, and listed, by what its own purpose knows of it.
    private func refuseSame() throws {
        let all = [("roots", roots, "--roots-dir"), ("stacker", stacker, "--stacker-dir"), ("OCI", oci, "--oci-dir")]
        for (index, one) in all.enumerated() {
            for other in all[..<index] where one.1.resolvedIfThere == other.1.resolvedIfThere {
                throw Failure(
                    "the \(other.0) directory \(other.1) and the \(one.0) directory \(one.1) are one directory",
                    help: "name another with \(other.2) or \(one.2)")
            }
        }
    }

    /// Whether no other user has built in them.
    package var areOwn: Bool { (try? refuseForeign()) != nil }

    /// Refuses directories in which another user has built: files of theirs could be neither read nor replaced.
    package func refuseForeign() throws {
        let cache = stacker.appending("build.cache")
        guard let owner = try? FileStatus(at: cache, following: false).uid, owner != geteuid() else { return }
        throw Failure(
            "previous run of stacker found with uid \(owner): \(cache) is theirs",
            help: "run stacker as that user, name other directories, or let that user run stacker clean")
    }

    /// Refuses a directory of the recipe in which stacker's own are: copying it would never end.
    ///
    /// - Parameter what: how a message names it, with its place.
    func refuseContaining(_ source: FilePath, _ what: String) throws {
        let source = (try? source.resolved()) ?? source
        for own in [stacker, roots] {
            let own = (try? own.resolved()) ?? own
            if own.starts(with: source) {
                throw Failure(
                    "\(what) holds stacker's own directory \(own)",
                    help: "name what is needed of it one by one, or move stacker's directories with --work-dir")
            }
        }
    }
}

/// The user's defaults: a YAML map of `work_dir`, `stacker_dir`, `oci_dir` and `rootfs_dir`.
private struct ConfigFile {
    var values: [String: String] = [:]
    private static let keys: Set = ["work_dir", "stacker_dir", "oci_dir", "rootfs_dir"]

    init(at path: FilePath?) throws {
        let file = path ?? Self.standardPath
        guard let file else { return }
        let bytes: [UInt8]
        do {
            bytes = try OpenFile(file, O_RDONLY).readToEnd(limit: 1 << 20)
        } catch Errno.noSuchFileOrDirectory where path == nil {
            return
        } catch Errno.permissionDenied where path == nil && access(file.removingLastComponent().string, X_OK) != 0 {
            // $HOME is somebody else's, as sudo -u may leave it: what is in there is not this user's to see.
            return
        } catch {
            throw Failure("couldn't read config file \(file)", because: error)
        }
        let document = try YAMLComposer.compose(String(decoding: bytes, as: UTF8.self), file: file.string)
        guard let root = document.root, !root.isNull else { return }
        guard case .mapping(let pairs) = root.content else {
            throw Failure("\(root.position): a config file is a map of names to values, not \(root.kind)")
        }
        for pair in pairs {
            guard Self.keys.contains(pair.key.value) else {
                throw Failure(
                    "\(pair.key.position): unknown key \(quoted(pair.key.value))",
                    help: "a config file may have \(Self.keys.sorted().joined(separator: ", "))")
            }
            guard case .scalar(let text, _) = pair.value.content else {
                throw Failure(
                    "\(pair.value.position): the value of \(pair.key.value) must be text, not \(pair.value.kind)")
            }
            if !pair.value.isNull, !text.isEmpty { values[pair.key.value] = text }
        }
    }

    /// `$XDG_CONFIG_HOME/conf.yaml`, otherwise `~/.config/stacker/conf.yaml`.
    private static var standardPath: FilePath? {
        if let directory = Environment["XDG_CONFIG_HOME"] { return FilePath(directory).appending("conf.yaml") }
        return Environment["HOME"].map { FilePath($0).appending(".config/stacker/conf.yaml") }
    }
}

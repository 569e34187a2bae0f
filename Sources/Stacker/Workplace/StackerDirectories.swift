import Failure
import FileTree
import Glibc
import SystemPackage

/// Where a build finds and leaves everything. All paths are absolute.
package struct StackerDirectories: Sendable {
    /// The cache, imports, bases and logs: `--stacker-dir`.
    package let stacker: FilePath
    /// The output layout: `--oci-dir`.
    package let oci: FilePath
    /// What to do where there is no output layout yet.
    package static let adviceOnMissingOutput = "build first: stacker build; or name another with --oci-dir"
    /// The unpacked layers and upperdirs: `--roots-dir`.
    package let roots: FilePath
    /// What the others are relative to, if they are not absolute: `--work-dir`.
    package let work: FilePath

    /// Takes each directory from the command line, otherwise from the config file, otherwise its default; the defaults
    /// lie in the work directory.
    ///
    package init(
        config: ConfigFile, workDirectory: String?, stackerDirectory: String?, ociDirectory: String?,
        rootsDirectory: String?
    ) throws {
        let here = try FilePath.currentDirectory()
        let workDirectory = workDirectory ?? config.values["work_dir"]
        let work = here.pushing(FilePath(workDirectory ?? ""))
        func directory(_ option: String?, _ key: String, _ standard: String) -> FilePath {
            if let given = option ?? config.values[key] { return here.pushing(FilePath(given)).lexicallyNormalized() }
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

    /// Directories of one build alone.
    ///
    /// - Parameters:
    ///   - place: where they are, absolute.
    ///   - oci: where the output layout is; at `place`, too, if `nil`.
    init(beneath place: FilePath, oci: FilePath? = nil) {
        (work, stacker) = (place, place.appending(".stacker"))
        (self.oci, roots) = (oci ?? place.appending("oci"), place.appending("roots"))
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

    /// All that stacker writes to.
    var own: [FilePath] { [stacker, oci, roots] }

    /// Whether no other user has built in them.
    package var areOwn: Bool { (try? refuseForeign()) != nil }

    /// Refuses directories in which another user has built: files of theirs could be neither read nor replaced.
    package func refuseForeign() throws {
        let cache = stacker.appending("build.cache")
        guard let owner = try? FileStatus(at: cache, following: false).uid, owner != geteuid() else { return }
        throw Failure(
            "previous run of stacker found with uid \(owner): \(cache) is theirs",
            help: owner == 0
                ? "root has built here: build as root, name other directories, or remove what is there: sudo stacker clean"
                : "run stacker as that user, name other directories, or let that user run stacker clean")
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

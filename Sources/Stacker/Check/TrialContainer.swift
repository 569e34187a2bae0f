import Containers
import FileTree
import SystemPackage

/// A container of nothing, in which a build's would be: what keeps it from starting keeps every build from starting.
enum TrialContainer {
    /// Sets one up, with the mounts of every build, and takes it down.
    ///
    /// - Parameters:
    ///   - roots: an empty directory where the roots directory is.
    ///   - stacker: an empty directory where the stacker directory is.
    static func start(roots: FilePath, stacker: FilePath) throws {
        for name in ["lower/proc", "lower/dev", "lower/sys", "lower/stacker/imports", "overlay", "rootfs"] {
            try Directory.create(roots.pushing(FilePath(name)), isPlain: true)
        }
        let imports = stacker.appending("imports")
        try Directory.create(imports, isPlain: true)
        try Container.tryToStart(
            ContainerConfig(
                lowerdirs: [roots.appending("lower")], upperdir: roots.appending("overlay"),
                rootfsMount: roots.appending("rootfs"),
                mounts: [
                    ContainerMount(source: imports, target: "stacker/imports", readOnly: true, isDirectory: true)
                ],
                stateDirectory: stacker, logFile: stacker.appending("lxc.log")))
    }
}

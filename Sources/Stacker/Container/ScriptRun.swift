import Failure
import FileTree
import Glibc
import SystemPackage

/// Runs a layer's script in a container on its overlay.
struct ScriptRun {
    let layer: LayerDefinition
    let recipe: Recipe
    let directories: StackerDirectories
    let storage: LayerDirectory
    let log: Log

    private static let scriptName = ".stacker-run.sh"

    /// Runs `script`; what it changes is in the upperdir afterwards, and nothing that is only there for the run.
    ///
    /// - Throws: a failure with the script's own exit status if that was not 0.
    func run(_ script: Script, on stack: LayerStack, baseEnvironment: [String]) throws {
        let imports = try importsDirectory()
        try imports.replaceFile(FilePath(Self.scriptName), with: script.executable.utf8, mode: 0o755)
        let mounts = try mounts()
        let targetsPath = storage.path.appending("targets")
        defer { try? Directory(at: storage.path).removeTree("targets") }
        let upper = try Directory(at: storage.upper)
        let targets = try MountTargets(
            mounts.map(\.target), in: MergedView([storage.upper] + stack.lowerdirs), at: targetsPath)
        let config = ContainerConfig(
            name: layer.name, lowerdirs: [targetsPath] + stack.lowerdirs, upperdir: storage.upper, rootfs: storage.rootfs,
            mounts: zip(mounts, targets.resolved).map { $0.mount(on: $1) },
            environment: environment(over: baseEnvironment))
        for (depth, lowerdir) in config.lowerdirs.enumerated() { log.debug("lowerdir \(depth): \(lowerdir)") }
        log.debug("upperdir: \(storage.upper)")

        let exit = try Container(stackerDirectory: directories.stacker, log: log)
            .run(config, ["/stacker/imports/\(Self.scriptName)"])
        try targets.removeWhiteouts(from: upper)
        guard exit.status == 0 else {
            throw Failure(
                "run commands failed for image \"\(layer.name)\" in \"\(recipe.source.name)\"",
                because: Failure(exit.description), exitStatus: exit.status)
        }
    }

    /// The layer's imports, cleared of what other builds left there.
    private func importsDirectory() throws -> Directory {
        let all = try Directory(creating: directories.stacker.appending("imports"))
        try all.removeTree(FilePath(layer.name))
        try all.makeDirectory(FilePath(layer.name))
        return try all.directory(FilePath(layer.name))
    }

    private func environment(over base: [String]) -> [(String, String)] {
        []
    }
}

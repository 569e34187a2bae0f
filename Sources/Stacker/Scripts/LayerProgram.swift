import Failure
import FileTree
import Glibc
import Host
import OCI
import Roots
import SystemPackage

/// A program of a layer, looked at before it is run: for which processor it is stands in the file, whatever image configs say.
struct LayerProgram {
    /// What the layer shows.
    let view: MergedView
    /// Absolute paths at which the container has something else, of which nothing is known here.
    var mounts: [FilePath] = []

    /// What is executed in the end.
    private struct Found {
        let path: String
        let beginning: [UInt8]
    }

    /// How many interpreters can stand behind another: the kernel follows no more.
    private static let mostInterpreters = 5

    /// Refuses a program that nothing on this machine can run. Of one that is not found here, or is no ELF file, this says
    /// nothing: the container will.
    ///
    /// - Parameters:
    ///   - command: its path or name.
    ///   - content: how it begins, if it isn't in the view.
    ///   - environment: its variables: `PATH` says where a name is looked for.
    /// - Throws: `Failure` with both platforms, the handler and the remedy.
    func refuseForeign(
        _ command: String, content: String? = nil, environment: [(name: String, value: String)]
    ) throws {
        let directories = environment.last { $0.name == "PATH" }?.value ?? ImageConfig.Execution.standardPath
        guard let found = find(command, content, in: directories), let header = ELFHeader(found.beginning),
            !header.isNative(on: Platform.hostArchitecture)
        else { return }
        let name = header.architecture.map { "linux/\($0)" } ?? "ELF machine \(header.machine)"
        try attempt("\(shown(found.path)) in it is for \(name), and this machine is \(Platform.machine)") {
            let runner = try Binfmt().runner(of: header, found.beginning, on: Platform.hostArchitecture)
            guard case .handlerInImage(let handler) = runner else { return }
            if isMounted(handler.interpreter) { return }
            guard case .file? = try? view.resolve(handler.interpreter).node else {
                throw handler.interpreterMissing("not in the image")
            }
        }
    }

    /// Follows interpreters that first lines name.
    private func find(_ command: String, _ content: String?, in directories: String) -> Found? {
        var found = content.map { Found(path: command, beginning: Array($0.utf8.prefix(ELFHeader.lookedAt))) }
        found = found ?? look(for: command, in: directories)
        for _ in 0...Self.mostInterpreters {
            guard let file = found, file.beginning.starts(with: "#!".utf8) else { return found }
            let line = file.beginning.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }
            let words = String(decoding: line, as: UTF8.self).split { $0 == " " || $0 == "\t" }
            found = words.first.flatMap { look(for: String($0), in: directories) }
        }
        return nil
    }

    private func look(for command: String, in directories: String) -> Found? {
        let directories = command.contains("/") ? [""] : directories.split(separator: ":").map { "\($0)/" }
        // Not a lazy map's first, for which each file is read twice, and which traps if it is gone the second time.
        for directory in directories {
            let path = directory + command
            if let beginning = read(FilePath(path)) { return Found(path: path, beginning: beginning) }
        }
        return nil
    }

    private func read(_ path: FilePath) -> [UInt8]? {
        guard path.isAbsolute, let place = try? view.resolve(path), !isMounted(path),
            !isMounted(FilePath("/").pushing(place.path)),
            case .file(let parent, let name, let status)? = place.node, status.kind == .regular,
            let file = try? parent.open(name, O_RDONLY | O_NONBLOCK)
        else { return nil }
        return try? [UInt8](unsafeUninitializedCapacity: ELFHeader.lookedAt) { buffer, count in
            count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    private func isMounted(_ path: FilePath) -> Bool { mounts.contains { path.starts(with: $0) } }
}

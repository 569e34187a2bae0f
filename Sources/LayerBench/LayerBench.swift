import Dispatch
import Failure
import FileTree
import Glibc
import Layers
import OCI
import Registry
import Synchronization
import SystemPackage
import Web

/// Layers and transfers alone, without a build around them: what `bench/run.sh` measures beside tar, squashfs-tools,
/// umoci and skopeo.
///
///     layer-bench encode TREE BLOBS TYPE…      tar.gz, tar.zst, tar, squashfs, erofs: all in one walk; with a level of
///                                              compression as squashfs=3
///     layer-bench beside N TREE BLOBS TYPE…    the same N times at once, each into a directory of its own; then prints how
///                                              many MiB the process had at most
///     layer-bench unpack LAYOUT TAG TARGET     the layers of an image, each into a directory of its own
///     layer-bench pull REFERENCE LAYOUT        an image from a registry without TLS into a layout
@main
enum LayerBench {
    static func main() {
        do {
            let arguments = Array(CommandLine.arguments.dropFirst())
            switch (arguments.first, arguments.count) {
            case ("encode", 4...):
                try encode(arguments[1], into: arguments[2], as: arguments[3...].map(format))
            case ("beside", 5...):
                try beside(Int(arguments[1]) ?? 1, arguments[2], into: arguments[3], as: arguments[4...].map(format))
            case ("unpack", 4):
                try unpack(arguments[1], tag: arguments[2], into: arguments[3])
            case ("pull", 3): try pull(arguments[1], into: arguments[2])
            default:
                throw Failure(
                    "usage: layer-bench encode TREE BLOBS TYPE… | beside N TREE BLOBS TYPE… | unpack LAYOUT TAG TARGET "
                        + "| pull REFERENCE LAYOUT",
                    help: "the types are tar.gz, tar.zst, tar, squashfs and erofs; squashfs=3 has a level")
            }
        } catch {
            print("error: \(error)")
            exit(1)
        }
    }

    private static func format(_ text: String) throws -> LayerFormat {
        let parts = text.split(separator: "=").map(String.init)
        let level = parts.count == 2 ? Int(parts[1]) : nil
        return switch (parts.first, level) {
        case ("tar.gz", let level): .tar(.gzip(level: level ?? CompressionLevels.gzip.standard))
        case ("tar.zst", let level): .tar(.zstd(level: level ?? CompressionLevels.zstd.standard))
        case ("tar", nil): .tar(.none)
        case ("squashfs", let level): .squashfs(level: level)
        case ("erofs", let level): .erofs(level: level)
        default: throw Failure("no such type of layer: \(text)")
        }
    }

    /// Prints the size of each blob in bytes.
    private static func encode(_ tree: String, into blobs: String, as formats: [LayerFormat]) throws {
        let layers = try encodeLayer(
            Directory(at: FilePath(tree)), as: formats, into: Directory(creating: FilePath(blobs)))
        for layer in layers ?? [] { print(layer.descriptor.size) }
    }

    private static func beside(
        _ count: Int, _ tree: String, into blobs: String, as formats: [LayerFormat]
    ) throws {
        let failure = Mutex<(any Error)?>(nil)
        let running = DispatchGroup()
        for number in 0..<count {
            DispatchQueue(label: "layer \(number)").async(group: running) {
                do {
                    _ = try encodeLayer(
                        Directory(at: FilePath(tree)), as: formats,
                        into: Directory(creating: FilePath(blobs).appending("\(number)")))
                } catch {
                    failure.withLock { $0 = error }
                }
            }
        }
        running.wait()
        if let failure = failure.withLock({ $0 }) { throw failure }
        let status = String(
            decoding: try OpenFile("/proc/self/status", O_RDONLY).readToEnd(limit: 1 << 16), as: UTF8.self)
        let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?.split(separator: " ").compactMap {
            Int($0)
        }
        print((peak?.first ?? 0) >> 10)
    }

    private static func unpack(_ layout: String, tag: String, into target: String) throws {
        let layout = try Layout(at: FilePath(layout))
        let manifest = try layout.resolve(tag, for: Platform(os: "linux", architecture: Platform.hostArchitecture))
            .manifest
        let diffIDs = try layout.config(manifest).rootfs.diffIDs
        let target = FilePath(target)
        _ = try Directory(creating: target)
        let failure = Mutex<(any Error)?>(nil)
        DispatchQueue.concurrentPerform(iterations: manifest.layers.count) { number in
            do {
                let layer = manifest.layers[number]
                _ = try unpackLayer(
                    layout.open(layer), layer, diffID: diffIDs[number],
                    into: Directory(creating: target.appending("\(number)")))
            } catch {
                failure.withLock { $0 = error }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    private static func pull(_ url: String, into layout: String) throws {
        let reference = try ImageReference(url.hasPrefix("docker://") ? String(url.dropFirst(9)) : url)
        let client = RegistryClient(
            reference.registry, isInsecure: true, web: WebClient(), credentials: Credentials())
        let pull = ImagePull(reference, from: client)
        try pull.fetch(
            pull.find(Platform(os: "linux", architecture: Platform.hostArchitecture)),
            into: LayoutWriter(openingOrCreating: FilePath(layout)), keepsParts: false)
    }
}

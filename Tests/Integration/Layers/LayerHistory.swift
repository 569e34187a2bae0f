import Failure
import FileTree
import Fixtures
import Glibc
import Layers
import OCI
import SystemPackage

@testable import Roots

/// Shell scripts that change a tree one after another, each through an overlay mount of its own, as builds do; and
/// what four readers make of the layers that come of it.
struct LayerHistory {
    /// The scripts, in order. Each runs in the root of the mounted tree.
    var scripts: [String]
    /// Whether squashfs can say what they make: no times before 1970.
    var squashfs = true

    /// What differs from the tree that the last script left, for each reader that sees another; empty if all agree.
    func disagreements() throws -> [String] {
        try withTemporaryDirectory { work in
            let history = Run(work: work, squashfs: squashfs)
            for (number, script) in scripts.enumerated() { try history.change(number, script) }
            let layers = try scripts.indices.compactMap(history.encode)
            try history.unpackByUs(layers)
            try history.unpackByUmoci(layers)
            if squashfs { try history.mountByKernel(layers) }
            return try history.differences()
        }
    }

    /// A layer in both types.
    struct Layer {
        var number: Int
        var tar: EncodedLayer
        var squashfs: EncodedLayer?
    }

    struct Run {
        let work: FilePath
        let squashfs: Bool
        var readers: [String] { ["stacker", "umoci"] + (squashfs ? ["kernel"] : []) }

        /// What differs from the tree that the last script left, for each reader.
        func differences() throws -> [String] {
            guard try !work.appending("live.list").text().isEmpty else { throw Failure("the scripts made nothing") }
            return try readers.compactMap { reader in
                let difference = try shell("diff -U0 live.list \(reader).list || true")
                return difference.isEmpty ? nil : "\(reader): \(difference)"
            }
        }

        /// Runs commands in a mount namespace of their own: what they mount goes with them, and
        /// one that waits for what never comes ends.
        @discardableResult
        func shell(_ commands: String) throws -> String {
            let script = work.appending("commands")
            try script.write("set -e\ncd '\(work)'\n\(commands)\n")
            return try attempt(commands) {
                try Fixtures.shell("timeout 600 unshare -m --propagation private sh '\(script)'")
            }
        }

        /// The command that lists a tree.
        private var list: String {
            let tests = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
            return "python3 '\(tests.removingLastComponent().appending("tools/look/list-tree.py"))'"
        }

        func change(_ number: Int, _ script: String) throws {
            let lowerdirs = (0..<number).reversed().map { "upper\($0)" } + ["empty"]
            try work.appending("script").write(script)
            try shell(
                """
                mkdir -p empty live upper\(number) work\(number)
                options=lowerdir=\(lowerdirs.joined(separator: ":")),upperdir=upper\(number),workdir=work\(number)
                mount -t overlay -o userxattr,$options test live
                (cd live && LC_ALL=C bash -e ../script)
                \(list) live >live.list
                """)
        }

        func encode(_ number: Int) throws -> Layer? {
            try encode(DirectoryNode(upper(number)), as: number)
        }

        func encode(_ tree: any TreeNode, as number: Int) throws -> Layer? {
            let blobs = try Directory(creating: work.appending("image/blobs/sha256"))
            let formats: [LayerFormat] = [.tar(.gzip(level: 1))] + (squashfs ? [.squashfs(verity: false)] : [])
            guard let made = try encodeLayer(tree, as: formats, into: blobs) else { return nil }
            return Layer(number: number, tar: made[0], squashfs: squashfs ? made[1] : nil)
        }

        func upper(_ number: Int) throws -> Directory { try Directory(at: work.appending("upper\(number)")) }

        /// Each layer into a directory, and those as one tree: what a build does with its base.
        func unpackByUs(_ layers: [Layer]) throws {
            let blobs = try Directory(at: work.appending("image/blobs/sha256"))
            var roots: [FilePath] = []
            for layer in layers {
                let root = work.appending("root\(layer.number)")
                try unpack(layer.tar, from: blobs, into: Directory(creating: root))
                roots.insert(root, at: 0)
            }
            let merged = try Directory(creating: work.appending("merged"))
            if case .directory(let tree)? = try MergedView(roots).resolve("").node,
                let whole = try encodeLayer(tree, as: [.tar(.none)], into: blobs)
            {
                try unpack(whole[0], from: blobs, into: merged)
            }
            try shell("\(list) merged >stacker.list")
        }

        private func unpack(_ layer: EncodedLayer, from blobs: Directory, into root: Directory) throws {
            let blob = try blobs.openNoSymlinks(FilePath(layer.descriptor.digest.hex), O_RDONLY)
            _ = try unpackLayer(blob, layer.descriptor, diffID: layer.diffID, into: root)
        }

        func unpackByUmoci(_ layers: [Layer]) throws {
            let diffIDs = layers.map { "\"\($0.tar.diffID)\"" }.joined(separator: ",")
            let config = try blob(
                """
                {"os":"linux","architecture":"amd64","config":{},"rootfs":{"type":"layers","diff_ids":[\(diffIDs)]}}
                """)
            let descriptors = layers.map { layer in
                let descriptor = layer.tar.descriptor
                return """
                    {"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"\(descriptor.digest)",\
                    "size":\(descriptor.size)}
                    """
            }
            let manifest = try blob(
                """
                {"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json",\(config)},\
                "layers":[\(descriptors.joined(separator: ","))]}
                """)
            try work.appending("image/oci-layout").write(#"{"imageLayoutVersion":"1.0.0"}"#)
            try work.appending("image/index.json").write(
                """
                {"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",\(manifest),\
                "annotations":{"org.opencontainers.image.ref.name":"it"}}]}
                """)
            try shell("umoci raw unpack --image image:it rootfs\n\(list) rootfs >umoci.list")
        }

        /// Writes a blob; returns the two members of its descriptor.
        private func blob(_ text: String) throws -> String {
            let digest = Digest(of: Array(text.utf8))
            try work.appending("image/blobs/sha256/\(digest.hex)").write(text)
            return "\"digest\":\"\(digest)\",\"size\":\(text.utf8.count)"
        }

        func mountByKernel(_ layers: [Layer]) throws {
            var commands = "mkdir mounted none\n"
            var lowerdirs = ["none", "empty"]
            for layer in layers {
                guard let hex = layer.squashfs?.descriptor.digest.hex else { continue }
                let directory = "squashfs\(layer.number)"
                commands += "mkdir \(directory)\nmount -o loop,ro image/blobs/sha256/\(hex) \(directory)\n"
                lowerdirs.insert(directory, at: 0)
            }
            try shell(
                """
                \(commands)
                mount -t overlay -o ro,lowerdir=\(lowerdirs.joined(separator: ":")) test mounted
                \(list) mounted >kernel.list
                """)
        }
    }
}

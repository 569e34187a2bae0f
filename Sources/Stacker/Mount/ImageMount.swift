import CSyscalls
import Failure
import FileTree
import Glibc
import Host
import Layers
import OCI
import Roots
import SystemPackage

/// What `stacker mount` was asked to do.
package struct MountRequest: Sendable {
    /// The image in the layout.
    package var tag: String
    /// Which image of several is meant.
    package var platform = PlatformChoice()
    /// Where it is to be seen.
    package var target: FilePath
    /// Whether it can be written to. What is written is kept in memory, and gone with the mount.
    package var isWritable = false
    /// Where what is written is kept instead, for further mounts.
    package var upper: FilePath?
    /// Whether layers without a dm-verity tree are good enough.
    package var allowsMissingVerity = false

    /// A read-only mount.
    package init(tag: String, target: FilePath) {
        self.tag = tag
        self.target = target
    }
}

/// Mounts an image of squashfs or erofs layers: a loop device for each layer, and an overlay over them.
///
/// The overlay is the only mount that anybody sees. The layers are mounted in a namespace of this thread's own; the
/// overlay keeps them, and they keep their devices, so that one umount, or a kill at any time, frees all of it. There is
/// no state beside the kernel's.
package struct ImageMount {
    private let request: MountRequest
    private let layout: Layout
    private let manifest: ImageManifest
    private let log: Log

    /// Finds the image, and refuses one that can't be mounted, and a user who can't.
    package init(_ request: MountRequest, from layout: Layout, log: Log) throws {
        guard geteuid() == 0, HostUser.current.uid == 0 else {
            throw Failure(
                "couldn't mount \(request.tag): only root can use loop devices",
                help: "sudo stacker mount; without root, stacker chroot enters a layer and stacker grab copies out")
        }
        self.request = request
        self.layout = layout
        self.log = log
        manifest = try attempt("couldn't mount \(request.tag) of \(layout.path)") {
            let platform = try request.platform.platform(of: request.tag, in: layout)
            let manifest = try layout.resolve(request.tag, for: platform).manifest.converted()
            try request.platform.refuse(layout.config(manifest).platform)
            try Self.refuseUnfit(manifest, request, layout)
            return manifest
        }
    }

    private static func refuseUnfit(_ manifest: ImageManifest, _ request: MountRequest, _ layout: Layout) throws {
        if let archive = manifest.layers.first(where: { $0.mediaType.fileSystem == nil }) {
            let index = try layout.index()
            let images = LayerType.allCases.filter(\.isImage).map { $0.tag(for: request.tag) }
            let other = images.first { index.has(tag: $0) }
            throw Failure(
                "its layer \(archive.digest) is a tar (\(archive.mediaType)), which the kernel can't mount",
                help: other.map { "mount \($0), which has the same content" }
                    ?? "build it with --layer-type squashfs and mount \(LayerType.squashfs.tag(for: request.tag))")
        }
        guard !manifest.layers.isEmpty else { throw Failure("the image has no layers") }
        guard manifest.layers.count < LayerStack.limit else {
            throw Failure(
                "it has \(manifest.layers.count) layers: overlayfs takes \(LayerStack.limit), one of which stacker needs"
            )
        }
        if !request.allowsMissingVerity,
            let bare = manifest.layers.first(where: { VerityAnnotation.rootHash(in: $0.annotations) == nil })
        {
            throw Failure(
                "its layer \(bare.digest) has no dm-verity tree",
                help:
                    "build it without --no-verity, or mount it with --allow-missing-verity: digests are checked anyway")
        }
    }

    /// Mounts it: all of it, or nothing.
    ///
    /// - Throws: a failure that names the layer that does not fit.
    package func run() throws {
        try attempt("couldn't mount \(request.tag) on \(request.target)") {
            let target = try openTarget()
            let upper = try request.upper.map { try PersistentUpper(at: $0) }
            let devices = try layers.map { layer in
                try attempt("layer \(layer.digest)") { try device(of: layer) }
            }
            let overlay = try PrivateMounts.with {
                try stack(mount(devices), upper)
            }
            try checked(stacker_attach(overlay.number, target.number))
        }
    }

    private func openTarget() throws -> OpenFile {
        let path = try attempt("couldn't find the directory", help: "make it first: mkdir \(request.target)") {
            try request.target.resolved()
        }
        if try MountTable().top(at: path)?.isOurs == true {
            throw Failure("an image is mounted there", help: "stacker umount \(path)")
        }
        return try OpenFile(path, O_RDONLY | O_DIRECTORY)
    }

    /// The layers, top first. overlayfs refuses one that it has already: all that a lower one could give, its twin above
    /// gives.
    private var layers: [Descriptor] { manifest.layers.reversed().eachOnce() }

    // MARK: - The steps

    private struct Device {
        /// Each is kept until it is mounted.
        enum Source {
            case loop(LoopDevice)
            /// A device of ours stands on a loop device, which its opening needs; one of another mount has its own.
            case verity(VerityDevice, over: LoopDevice?)
        }

        let layer: Descriptor
        let source: Source

        /// What to mount.
        var path: FilePath {
            switch source {
            case .loop(let device): device.path
            case .verity(let device, _): device.path
            }
        }
    }

    /// The file is checked by the descriptor that the device then has: nobody can put another in its place.
    private func device(of layer: Descriptor) throws -> Device {
        let blob = try layout.open(layer)
        let tree = try verifyImage(blob, layer)
        if let tree, let verity = try VerityDevice(existingOf: layer.digest, tree) {
            log.debug("layer \(layer.digest) is \(verity.path), as for another mount")
            return Device(layer: layer, source: .verity(verity, over: nil))
        }
        let loop = try LoopDevice(blob, layer.digest)
        log.debug("layer \(layer.digest) is \(loop.path)")
        do {
            if let tree, let verity = try VerityDevice(of: layer.digest, over: loop, tree) {
                return Device(layer: layer, source: .verity(verity, over: loop))
            }
        } catch {
            log.warn("layer \(layer.digest) is checked now and not again when it is read: \(error)")
        }
        return Device(layer: layer, source: .loop(loop))
    }

    /// Mounts the layers, top first, down to one whose root is opaque: for overlayfs, all roots merge.
    ///
    /// - Returns: how many.
    private func mount(_ devices: [Device]) throws -> Int {
        for (number, device) in devices.enumerated() {
            let directory = FilePath("\(number)")
            let isLast = try attempt("layer \(device.layer.digest)") {
                try mount(device, on: directory)
                return try Directory(at: directory).isOpaque
            }
            if isLast { return number + 1 }
        }
        return devices.count
    }

    private func mount(_ device: Device, on directory: FilePath) throws {
        let type = device.layer.mediaType.fileSystem ?? ""
        try Directory(at: ".").makeDirectory(directory)
        try attempt("couldn't mount \(device.path) as \(type)", help: "the last lines of dmesg may say why") {
            _ = try directory.withPlatformString { directory in
                try device.path.withPlatformString { try checked(stacker_mount($0, directory, type, 1, nil)) }
            }
        }
    }

    /// Mounts the overlay over the directories "0", "1", …, top first.
    ///
    /// - Returns: the overlay, seen nowhere.
    private func stack(_ count: Int, _ upper: PersistentUpper?) throws -> OpenFile {
        let here = try Directory(at: ".")
        for name in ["empty", "merged"] { try here.makeDirectory(FilePath(name)) }
        var lowerdirs = (0..<count).map(String.init)
        // Without an upperdir it has to be two at least.
        if count == 1 { lowerdirs.append("empty") }
        // What a layer says to other layers by attributes of overlayfs, but for what is deleted, is not OCI's.
        var options = ["redirect_dir=nofollow", "metacopy=off", "index=off"]
        options.append("lowerdir=\(lowerdirs.joined(separator: ":"))")
        let isReadOnly = upper == nil && !request.isWritable
        if !isReadOnly {
            let name = try upper?.link(in: here, like: "0") ?? temporaryUpper(in: here)
            options += ["upperdir=\(name)", "workdir=work"]
        }
        try attempt("couldn't mount the overlay", help: "the last lines of dmesg may say why") {
            _ = try checked(
                stacker_mount(
                    MountTable.ownPrefix + request.tag, "merged", "overlay", isReadOnly ? 1 : 0,
                    options.joined(separator: ",")))
        }
        return OpenFile(owning: try checked(stacker_detached_copy("merged")))
    }

    /// An upperdir in memory, which goes with the overlay.
    private func temporaryUpper(in here: Directory) throws -> FilePath {
        for name in ["upper", "work"] { try here.makeDirectory(FilePath(name)) }
        try here.directory("upper").takeMetadata(of: Directory(at: "0"))
        return "upper"
    }
}

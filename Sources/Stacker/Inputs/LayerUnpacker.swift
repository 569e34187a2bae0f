import Dispatch
import Failure
import FileTree
import Host
import Layers
import OCI
import Roots
import Synchronization
import SystemPackage

/// Brings the layers of an image into the roots directory: each blob once, several at a time.
struct LayerUnpacker: Sendable {
    let roots: RootsDirectory
    let hardLinkOverflow: HardLinkOverflow
    let log: Log
    let cancellation: Cancellation
    private let unpacking = KeyedLocks<Digest>()

    init(roots: RootsDirectory, hardLinkOverflow: HardLinkOverflow, log: Log, cancellation: Cancellation) {
        (self.roots, self.hardLinkOverflow, self.log) = (roots, hardLinkOverflow, log)
        self.cancellation = cancellation
    }

    /// Unpacks those layers of an image that are not there yet.
    ///
    /// - Parameter layouts: where the blobs are looked for, in this order.
    func unpack(_ image: Image, from layouts: [Layout]) throws {
        let diffIDs = image.diffIDs
        let missing = try zip(image.layers, roots.contents(of: image.layers)).filter { $0.1 == nil }.map(\.0)
            .filter { try !roots.holdsOwnContent(of: $0.digest) }
        let jobs = missing.eachOnce().compactMap { layer in diffIDs[layer.digest].map { (layer, $0) } }
        let failures = Mutex<[any Error]>([])
        // Not on Swift's cooperative threads: this is all blocking work.
        DispatchQueue.concurrentPerform(iterations: jobs.count) { number in
            guard failures.withLock(\.isEmpty) else { return }
            do {
                try unpack(jobs[number].0, diffID: jobs[number].1, from: layouts)
            } catch {
                failures.withLock { $0.append(error) }
            }
        }
        if let failure = failures.withLock(\.first) { throw failure }
        try roots.restoreDirectories(of: image.layers)
    }

    private func unpack(_ layer: Descriptor, diffID: Digest, from layouts: [Layout]) throws {
        try once(layer) { try unpackOnce(layer, diffID: diffID, from: layouts) }
    }

    /// Two images that have a layer in common may want it at the same time: one brings it.
    private func once(_ layer: Descriptor, _ unpack: () throws -> Void) throws {
        try unpacking.with(layer.digest) {
            if try !roots.holdsOwnContent(of: layer.digest) { try unpack() }
        }
    }

    private func unpackOnce(_ layer: Descriptor, diffID: Digest, from layouts: [Layout]) throws {
        guard let layout = try layouts.first(where: { try $0.holds(layer) }) else {
            throw Failure(
                "couldn't find the blob of layer \(layer.digest)",
                because: Failure("it is in none of \(layouts.map(\.path.string).joined(separator: ", "))"))
        }
        let blob = try layout.open(layer)
        try log.progress.following(.blob(layer.digest.description), total: layer.size) { watched in
            var options = options
            options.advanced = { watched.advance(by: $0) }
            try install(layer, blob) {
                try unpackLayer(blob, layer, diffID: diffID, into: $0, options: options)
            }
        }
    }

    private var options: UnpackOptions { UnpackOptions().stopped(by: cancellation).with(hardLinkOverflow) }

    /// Unpacks a layer while it comes.
    ///
    /// What it meets in the layer is an error when all of it has come and is right: until then it may be damage on the way,
    /// of which whoever fetches it says, and which fetching it anew may mend.
    ///
    /// - Parameter checkpoint: what it throws ends the unpacking.
    func unpack(
        _ blob: ArrivingBlob, diffID: Digest, _ checkpoint: @escaping @Sendable () throws -> Void
    ) throws {
        let layer = blob.descriptor
        var options = options
        options.checkpoint = {
            try cancellation.check()
            try checkpoint()
        }
        // The bytes come whether somebody reads them or not.
        try once(layer) { try unpackOnce(blob, diffID: diffID, options) }
    }

    private func unpackOnce(_ blob: ArrivingBlob, diffID: Digest, _ options: UnpackOptions) throws {
        let layer = blob.descriptor
        do {
            // An image of a file system is not read from its first byte to its last.
            if layer.mediaType.isImage { throw ArrivingBlob.Interruption.restarted }
            try install(layer, blob.file) {
                try unpackLayer(
                    arriving: blob.reader(options.checkpoint), layer, diffID: diffID, into: $0, options: options)
            }
        } catch let error where ArrivingBlob.Interruption.restarted.isCause(of: error) {
            let file = try blob.whole(options.checkpoint)
            try install(layer, file) {
                try unpackLayer(file, layer, diffID: diffID, into: $0, options: options)
            }
        }
    }

    /// Puts a layer in place when it is complete and right; otherwise nothing is left of it.
    private func install(
        _ layer: Descriptor, _ blob: OpenFile, _ unpack: (Directory) throws -> UnpackReport
    ) throws {
        let temporary = try roots.makeTemporary()
        do {
            try DiskSpace.blaming(roots.place) {
                let content = try roots.directory.directory(temporary)
                let report = try unpack(content.makePlainDirectory("overlay"))
                report.say("layer \(layer.digest)", log)
                try content.replaceFile("blob", with: VerifiedBlob.encoded([VerifiedBlob(blob.status())]))
                try OverOthers(report)?.write(to: content)
                if let split = SplitBase(report.splitLinks) { try split.write(to: content) }
                try roots.install(temporary, as: layer.digest)
            }
        } catch {
            try? roots.directory.removeTree(temporary)
            throw error
        }
    }
}

extension UnpackOptions {
    /// The same, ended by a stop signal or a cancellation.
    func stopped(by cancellation: Cancellation) -> UnpackOptions {
        var options = self
        options.checkpoint = { try cancellation.check() }
        return options
    }

    /// The same, doing this about files that have too many names.
    func with(_ overflow: HardLinkOverflow) -> UnpackOptions {
        var options = self
        options.hardLinkOverflow = overflow
        return options
    }
}

extension UnpackReport {
    /// Tells the user what had to be left out, and what could not stay one file.
    ///
    /// - Parameter isEncoded: whether a layer is made of what was unpacked, and so has the copies.
    func say(_ what: String, _ log: Log, isEncoded: Bool = false) {
        let parts = [
            (leftOutDevices, "device nodes"), (leftOutAttributes, "extended attributes"),
            (leftOutWhiteouts, "whiteouts"),
        ]
        for (part, kind) in parts where part.count > 0 {
            log.warn("left out \(part.count) \(kind) of \(what): \(part.examples.joined(separator: ", "))")
        }
        if let split = splitLinks.description, let remedy = splitLinks.remedy {
            let consequence = isEncoded ? "; the layer made of it has copies, too, and is not what it is elsewhere" : ""
            log.warn("\(what): \(split)\(consequence); \(remedy)")
        }
    }
}

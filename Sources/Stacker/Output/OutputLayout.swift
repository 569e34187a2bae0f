import Failure
import FileTree
import Host
import Layers
import OCI
import Recipes
import Synchronization
import SystemPackage

/// The output layout of a build. It is made when the first image is written, and from the moment that it is there, or the
/// build begins, no other stacker removes blobs that the build counts on.
final class OutputLayout: Sendable {
    private let path: FilePath
    private let layouts: OpenLayouts
    private let written: WrittenBlobs
    private let log: Log
    private let cancellation: Cancellation
    private let current = Mutex<LayoutWriter?>(nil)
    private let tags: TagOrder

    /// Finds the layout, if it is there.
    ///
    /// - Parameter layers: the layers of the build, in the order in which their tags are to come.
    init(_ context: BuildContext, tagging layers: [LayerDefinition]) throws {
        tags = TagOrder(of: layers)
        path = context.directories.oci
        (layouts, log, cancellation) = (context.layouts, context.log, context.cancellation)
        written = WrittenBlobs(in: context.directories.stacker)
        let writer = try layouts.layout(ifThereAt: path).map {
            try LayoutWriter($0, note: note, checkpoint: cancellation.check)
        }
        current.withLock { $0 = writer }
    }

    /// What writes to it.
    func writer() throws -> LayoutWriter {
        try current.withLock { current in
            if let current { return current }
            let writer = try LayoutWriter(openingOrCreating: path, note: note, checkpoint: cancellation.check)
            layouts.add(writer.layout)
            current = writer
            return writer
        }
    }

    /// Points the tags of a layer at its images; new ones come in the order of these types, and of the layers.
    func tag(_ images: [LayerType: Descriptor], of layer: String, _ types: [LayerType]) throws {
        try tags.tag(images, of: layer, types, by: writer())
    }

    /// Takes note that a layer has come to an end, whatever became of it: it is the next one's turn to be tagged.
    func end(_ layer: String) throws { try tags.end(layer, by: writer) }

    private var note: @Sendable (Digest, FileStatus, Layout) throws -> Void {
        { [written] in try written.note($0, $1, in: $2) }
    }

    /// Ends the writing, whatever is not finished, and whoever has the writer still: a thread that has built a layer lets go
    /// of it a moment later than it says so.
    func abandon() {
        current.withLock { current in
            current?.abandon()
            current = nil
        }
    }

    /// Ends the writing, and removes the blobs that no image needs any more, as far as they are nobody else's. Where another
    /// stacker uses the layout that is left to it. What others have in the layout is no reason for a build to fail that
    /// has made its images.
    ///
    /// - Parameter known: the blobs that manifests name.
    func finish(knowing known: [Digest: [Digest]]) throws {
        current.withLock { $0 = nil }
        do {
            try collect(knowing: known)
        } catch let failure as Failure {
            log.warn("removed no unused blobs: \(failure)\(failure.advice.map { "; \($0)" } ?? "")")
        }
    }

    private func collect(knowing known: [Digest: [Digest]]) throws {
        guard let layout = try layouts.layout(ifThereAt: path), let collection = try LayoutCollection(of: layout) else {
            return
        }
        let needed = try layout.needed(knowing: known)
        // Mostly there is nothing, and then it doesn't matter whose it is.
        guard try !layout.garbage(keeping: needed).isEmpty || !layout.leftovers().isEmpty else { return }
        try collection.remove(keeping: needed, isOurs: written.recognizer(in: layout))
        try written.forgetGone(from: layout)
    }
}

import Failure
import OCI
import Synchronization
import SystemPackage

/// The layouts that a command looks into. Each is opened once, and once more if another directory has its path by then:
/// what is known of its index serves every layer of a recipe.
final class OpenLayouts: Sendable {
    private let state = Mutex(State())

    private struct State {
        var layouts: [FilePath: Layout] = [:]
        var images: [Question: Answer] = [:]
    }

    private struct Question: Hashable {
        var path: FilePath
        var tag: String
        var platform: Platform
    }

    private struct Answer {
        var layout: Layout
        /// The index's entry of the tag.
        var entry: Descriptor
        var image: (descriptor: Descriptor, manifest: ImageManifest)
    }

    /// The layout at a path; `nil` if there is nothing, or an empty directory.
    ///
    /// - Throws: `Failure` if something else is there.
    func layout(ifThereAt path: FilePath) throws -> Layout? {
        if let known = try known(path) { return known }
        let layout = try Layout(ifThereAt: path)
        state.withLock { $0.layouts[path] = layout }
        return layout
    }

    /// The layout at a path, where there is to be one.
    func layout(at path: FilePath) throws -> Layout {
        if let known = try known(path) { return known }
        let layout = try Layout(at: path)
        state.withLock { $0.layouts[path] = layout }
        return layout
    }

    /// Takes one that was opened, or made, elsewhere.
    func add(_ layout: Layout) { state.withLock { $0.layouts[layout.path] = layout } }

    private func known(_ path: FilePath) throws -> Layout? {
        let known = state.withLock { $0.layouts[path] }
        guard let known, try known.isStillInPlace() else { return nil }
        return known
    }

    /// An image of a layout, as ``Layout/resolve(_:for:)`` finds it. What an entry of an index leads to never changes.
    func image(
        _ tag: String, in path: FilePath, for platform: Platform
    ) throws -> (layout: Layout, image: (descriptor: Descriptor, manifest: ImageManifest)) {
        let layout = try layout(at: path)
        let question = Question(path: path, tag: tag, platform: platform)
        let known = state.withLock { $0.images[question] }
        if let known, known.layout.isSame(as: layout), try layout.entry(tag: tag) == known.entry {
            return (layout, known.image)
        }
        let image = try layout.resolve(tag, for: platform)
        if let entry = try layout.entry(tag: tag) {
            state.withLock { $0.images[question] = Answer(layout: layout, entry: entry, image: image) }
        }
        return (layout, image)
    }
}

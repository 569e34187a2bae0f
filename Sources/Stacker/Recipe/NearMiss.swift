import FileTree
import Glibc
import SystemPackage

/// What was probably meant by a path of this machine at which nothing is.
///
/// - Parameter path: absolute.
/// - Returns: a sentence that names it; `nil` if nothing near is there.
func nearMiss(_ path: FilePath) -> String? {
    // The first name on the way that is not there. What lies above it need not be readable.
    var missing = path
    while missing.components.count > 1, !exists(missing.removingLastComponent()) { missing.removeLastComponent() }
    let parent = missing.removingLastComponent()
    // This only adds to an error: what can't be read gives no advice, and a comparison with each name takes time.
    guard let name = missing.lastComponent?.string, let names = try? Directory(at: parent).names() else { return nil }
    return near(name, in: names.map(\.string)).map { "there is \(parent.appending($0))" }
}

/// What was probably meant by a path of an image at which nothing is, or how much of it is not there.
func nearMiss(_ path: FilePath, in view: MergedView) -> String? {
    guard let place = try? view.resolve(path), let missing = place.steps.firstIndex(where: { $0.node == nil }) else {
        return nil
    }
    let way = FilePath("/").pushing(FilePath(root: nil, place.steps[..<missing].map(\.name)))
    let name = place.steps[missing].name.string
    var parent = place.root
    if missing > 0, case .directory(let directory)? = place.steps[missing - 1].node { parent = directory }
    let names = (try? parent.children().map { String(decoding: $0.name.bytes, as: UTF8.self) }) ?? []
    return near(name, in: names).map { "in the image there is \(way.appending($0))" }
        ?? "in the image there is no \(way.appending(name))"
}

private func near(_ name: String, in names: [String]) -> String? {
    names.count <= 2000 ? nearest(to: name, in: names) : nil
}

private func exists(_ path: FilePath) -> Bool {
    path.withPlatformString { access($0, F_OK) } == 0
}

import Failure
import FileTree
import SystemPackage

/// What was probably meant by a path of an image at which nothing is, or how much of it is not there.
package func nearMiss(_ path: FilePath, in view: MergedView) -> String? {
    guard let place = try? view.resolve(path), let missing = place.steps.firstIndex(where: { $0.node == nil }) else {
        return nil
    }
    let way = FilePath("/").pushing(FilePath(root: nil, place.steps[..<missing].map(\.name)))
    let name = place.steps[missing].name.string
    var parent = place.root
    if missing > 0, case .directory(let directory)? = place.steps[missing - 1].node { parent = directory }
    let names = (try? parent.children().map { String(decoding: $0.name.bytes, as: UTF8.self) }) ?? []
    return nearName(to: name, in: names).map { "in the image there is \(way.appending($0))" }
        ?? "in the image there is no \(way.appending(name))"
}

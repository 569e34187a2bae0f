import Failure
import SystemPackage

/// What was probably meant by a path of this machine at which nothing is.
///
/// - Parameter path: absolute.
/// - Returns: a sentence that names it; `nil` if nothing near is there.
package func nearMiss(_ path: FilePath) -> String? {
    // The first name on the way that is not there. What lies above it need not be readable.
    var missing = path
    while missing.components.count > 1, !missing.removingLastComponent().exists { missing.removeLastComponent() }
    let parent = missing.removingLastComponent()
    // This only adds to an error: what can't be read gives no advice, and a comparison with each name takes time.
    guard let name = missing.lastComponent?.string, let names = try? Directory(at: parent).names() else { return nil }
    return nearName(to: name, in: names.map(\.string)).map { "there is \(parent.appending($0))" }
}

/// The name that was probably meant by one that is none; many names are not compared.
package func nearName(to name: String, in names: [String]) -> String? {
    names.count <= 2000 ? nearest(to: name, in: names) : nil
}

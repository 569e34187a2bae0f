import Failure
import OCI

/// Which image of those for several platforms is meant: the one that was asked for, else this machine's, else the only one.
package struct PlatformChoice: Sendable {
    private let asked: Platform?

    /// - Parameter asked: the platform that was asked for, if any was.
    package init(_ asked: Platform? = nil) {
        self.asked = asked
    }

    /// Whether somebody has asked for one.
    var isExplicit: Bool { asked != nil }

    /// The platform to look for, where it can't be seen what there is.
    var platform: Platform { asked ?? .machine }

    /// The platform to look for under a tag.
    func platform(of tag: String, in layout: Layout) throws -> Platform {
        // What can't be read is an error of whoever looks for the image.
        guard asked == nil, let entry = try layout.entry(tag: tag), let index = try? layout.index(of: entry),
            index.images.count == 1, let only = index.images.first?.platform
        else { return platform }
        return only
    }

    /// - Throws: `Failure` for an image that is for another platform than the one that was asked for: a plain image is found
    ///   whatever it is for.
    func refuse(_ own: Platform) throws {
        guard let asked, !own.architecture.isEmpty, !asked.takes(own) else { return }
        throw Failure(
            "it is for \(own), and not for \(asked)",
            help: "without --platform it is taken whatever it is for")
    }
}

import Failure
import OCI
import Recipes
import Registry
import SystemPackage

/// An image as users name it: a tag of the output layout, `oci:DIRECTORY:TAG` or `docker://REGISTRY/NAME:TAG`.
struct ImageName {
    /// As it was written.
    let text: String
    /// Where it is.
    let place: ImagePlace

    /// An image whose place is known.
    init(text: String, place: ImagePlace) { (self.text, self.place) = (text, place) }

    /// Reads it.
    ///
    /// - Parameter command: which command it is an argument of, for what messages advise.
    /// - Throws: `Failure` for what names no image; also for a name that other programs have for an image of a registry, if the
    ///   output layout has none of that name.
    init(_ text: String, of command: String, in directories: StackerDirectories) throws {
        self.text = text
        if text.hasPrefix("oci:") || text.hasPrefix("docker://") {
            place = try ImagePlace(text)
        } else {
            try Self.refuseMissing(text, command, directories)
            place = .layout(directories.oci, tag: text)
        }
    }

    /// The image as the base of a layer.
    func base(isInsecure: Bool) throws -> Base {
        switch place {
        case .layout(let path, let tag): .oci(layout: try path.absolute(), tag: tag)
        case .registry(let reference): .docker(reference, insecure: isInsecure)
        }
    }

    /// For which platform it is looked for.
    func platform(_ choice: PlatformChoice) throws -> Platform {
        guard case .layout(let path, let tag) = place, let layout = try Layout(ifThereAt: path) else {
            return choice.platform
        }
        return try choice.platform(of: tag, in: layout)
    }

    private static func advice(on name: String) -> String? {
        ImageSource.adviceOnImage(name) ?? ImageReference.advice(on: name)
    }

    /// What other programs know by that name may be an image of a registry.
    private static func refuseMissing(_ name: String, _ command: String, _ directories: StackerDirectories) throws {
        guard let layout = try Layout(ifThereAt: directories.oci) else {
            throw Failure(
                "there is no OCI layout at \(directories.oci)",
                help: name.contains(where: ":/".contains)
                    ? advice(on: name) : StackerDirectories.adviceOnMissingOutput)
        }
        let index = try layout.index()
        guard name.contains(where: ":/".contains), !index.has(tag: name) else { return }
        let image = String(name.prefix { $0 != ":" })
        throw Failure(
            "there is no image \(shown(name)) in \(layout.path)",
            help: index.has(tag: image)
                ? "the images of a build have no tags, only names: stacker \(command) \(shown(image))"
                : advice(on: name))
    }
}

import FileTree
import OCI
import Roots
import SystemPackage

/// One of the builds of a reproduction: in directories of its own, with no cache but what it makes itself.
struct TrialBuild {
    let directories: StackerDirectories
    /// Where all of it is, but for images that are kept.
    let place: FilePath
    private let parent: Directory
    private let name: FilePath

    /// Makes its place.
    ///
    /// - Parameter oci: where its images are to be; at its place, too, if `nil`.
    init(_ name: FilePath, in own: RunDirectory, oci: FilePath? = nil) throws {
        (self.name, parent) = (name, own.directory)
        place = own.path.pushing(name)
        directories = StackerDirectories(beneath: place, oci: oci)
        try Directory.create(directories.stacker, isPlain: true)
    }

    /// Builds.
    ///
    /// - Parameter kept: the stacker directory whose downloads and base images it begins with.
    /// - Returns: what the images are, by their tags.
    func run(_ request: BuildRequest, beginningWith kept: FilePath, log: Log) throws -> TrialImages {
        try KeptInputs(in: kept).link(into: directories.stacker)
        _ = try Build(request, in: directories, log: log).run(mayBuild: true)
        return try images()
    }

    private func images() throws -> TrialImages {
        guard let layout = try Layout(ifThereAt: directories.oci) else { return TrialImages() }
        let entries = try layout.index().manifests
        return TrialImages(entries: entries.compactMap { entry in entry.tag.map { ($0, entry.digest) } })
    }

    /// Whether an image has the path of one of its directories among the annotations of its manifest. Its recipe is one of
    /// them, in which `${{STACKER_ROOTFS_DIR}}` is what it stands for.
    func isNamed(byImage tag: String) throws -> Bool {
        guard let layout = try Layout(ifThereAt: directories.oci), let entry = try layout.entry(tag: tag) else {
            return false
        }
        let annotations = try JSON.decode(JSONValue.self, from: layout.read(entry))["annotations"]?.members ?? [:]
        return annotations.values.contains { value in
            guard case .string(let text) = value else { return false }
            return [place, directories.oci].contains { text.contains($0.string) }
        }
    }

    /// Removes all of it.
    func remove() throws { try parent.removeTree(name) }
}

/// The images of a trial build, in the order of its layout.
struct TrialImages {
    var entries: [(tag: String, digest: Digest)] = []

    subscript(_ tag: String) -> Digest? { entries.last { $0.tag.isSame(as: tag) }?.digest }
}

import Failure
import Host
import OCI

/// What the images of the output layout ship, all that can be read.
package struct LayoutSizes {
    private let place: String
    private var images: [ImageSizes] = []
    private var failures: [(name: String, why: String)] = []

    /// Reads the layers of all images.
    package init(of inspection: Inspection, in directories: StackerDirectories, log: Log) throws {
        place = directories.oci.string
        let all = inspection.images
        for (tag, platform) in all {
            try StopSignal.check()
            let name = shown(tag) + (platform.map { " (\($0))" } ?? "")
            do {
                var request = NamedImageRequest(tag: tag, in: directories.oci)
                request.platform = PlatformChoice(platform)
                let image = try NamedImage(request, of: "inspect", in: directories, log: log)
                images.append(
                    try ImageSizes(of: image, timing: LastBuild(in: directories), called: name, besides: all.count - 1))
            } catch {
                try StopSignal.check()
                failures.append((name, "\(error)"))
            }
        }
    }

    /// The page that shows them.
    package func page() throws -> SizesPage { try SizesPage(of: images, in: place, failures: failures) }
}

import Failure
import FileTree
import OCI
import Pages
import Progress
import SystemPackage

/// A page for browsers that shows what images ship.
package struct SizesPage {
    private let title: String
    private let body: HTML
    private let data: [UInt8]

    /// The page of one image.
    package init(of sizes: ImageSizes) throws {
        title = "\(shown(sizes.name)): what it ships"
        body = "<main>\n<h1>\(visible(sizes.name, isText: false))</h1>\n\(sizes.sections(id: 0))\(Self.foot)</main>\n"
        data = try Self.data([sizes])
    }

    /// The page of several images, which may have layers in common.
    ///
    /// - Parameters:
    ///   - place: where they are.
    ///   - failures: what could not be looked at, and why.
    package init(
        of images: [ImageSizes], in place: String, failures: [(name: String, why: String)] = []
    ) throws {
        title = "\(shown(place)): what its images ship"
        var body: HTML = "<main>\n<h1>\(visible(place, isText: false))</h1>\n"
        body += Self.summary(images)
        if !failures.isEmpty {
            let items = failures.map { failure -> HTML in
                "<li>\(visible(failure.name, isText: false)): \(visible(failure.why, isText: false))</li>\n"
            }
            body += "<h2>Not shown</h2>\n<ul>\n\(items)</ul>\n"
        }
        for (id, sizes) in images.enumerated() {
            body += """
                <section><h2 id="image-\(id)">\(visible(sizes.name, isText: false))</h2>
                \(sizes.sections(id: id))</section>

                """
        }
        self.body = body + Self.foot + "</main>\n"
        data = try Self.data(images)
    }

    /// Who wrote the page.
    private static let foot: HTML = "<p class=\"quiet\">Written by stacker \(Version.stacker).</p>\n"

    /// All images in a line each, and the layers that they share once.
    private static func summary(_ images: [ImageSizes]) -> HTML {
        var table = Table(
            "Images",
            [.words("image"), .numbers("layers"), .numbers("packed"), .numbers("unpacked"), .numbers("wasted")])
        for (id, sizes) in images.enumerated() {
            let link: HTML = "<a href=\"#image-\(id)\">\(visible(sizes.name, isText: false))</a>"
            table.add([
                link, "\(sizes.layers.count)", "\(humanSize(sizes.packed))", "\(humanSize(sizes.unpacked))",
                "\(humanSize(sizes.wasted)) (\(inPercent(sizes.wastedPercent)) %)",
            ])
        }
        var users: [Digest: [Int]] = [:]
        var sizes: [Digest: Int64] = [:]
        for (id, image) in images.enumerated() {
            for layer in image.layers where layer.twin == nil {
                users[layer.descriptor.digest, default: []].append(id)
                sizes[layer.descriptor.digest] = layer.descriptor.size
            }
        }
        var makers: [Digest: LayerOrigin] = [:]
        for layer in images.flatMap(\.layers) { makers[layer.descriptor.digest] = layer.origin }
        let packed = sizes.values.reduce(0, +)
        let apart = images.reduce(0) { $0 + $1.packed }
        var shared = Table(
            "Layers that several images have",
            [.words("layer"), .words("made by"), .numbers("packed"), .words("images")])
        for (digest, ids) in users.sorted(by: { (sizes[$0.key] ?? 0, $0.key) > (sizes[$1.key] ?? 0, $1.key) })
        where ids.count > 1 {
            let names = ids.map { images[$0].name }.joined(separator: ", ")
            shared.add([
                "<span class=\"path\">\(String(digest.hex.prefix(12)))</span>", makers[digest]?.html ?? HTML(),
                "\(humanSize(sizes[digest] ?? 0))",
                "\(visible(names, isText: false))",
            ])
        }
        var html = table.html
        html += """
            <p>\(humanSize(packed)) packed with each layer once; the images apart from each other would be \
            \(humanSize(apart)).</p>

            """
        if !shared.isEmpty { html += shared.html }
        return html
    }

    /// The whole document.
    package func text() -> String {
        Page(
            title: title, body: body, style: TreemapStyle.rules, scripts: [TreemapScript.code],
            data: [(name: "treemaps", json: data)]
        ).text()
    }

    /// Writes it so that the file is the old one or all of the new one.
    package func write(to path: FilePath) throws { try PageFile.write(text(), to: path) }

    private static func data(_ images: [ImageSizes]) throws -> [UInt8] {
        try JSON.encode(images.map { TreemapData($0) })
    }
}

import Pages
import Progress

extension ImageSizes {
    /// How much of each list a page has.
    private static let shownWastes = 200
    /// How many paths of copies are named.
    private static let shownPaths = 5
    /// How much of each layer a page has.
    fileprivate static let shownParts = 20

    /// All that a page says of the image.
    ///
    /// - Parameter id: which of the page's images it is.
    func sections(id: Int) -> HTML {
        summary + treemap(id) + stack + waste + files + build
    }

    private var summary: HTML {
        let made = identity.created.map { ", made \($0)" } ?? ""
        let maker = identity.maker.map { ", by stacker \($0)" } ?? ""
        let facts = visible(", for \(identity.platform)\(made)\(maker)", isText: false, limit: 300)
        return """
            <p class="quiet"><span class="path">\(identity.digest.description)</span>\(facts)</p>
            <p>\(layers.count) \(layers.count == 1 ? "layer" : "layers"), \(humanSize(packed)) packed, \
            \(humanSize(unpacked)) unpacked, \(seen.files) files that are seen.</p>
            <p>\(humanSize(wasted)) (\(inPercent(wastedPercent)) %) of the unpacked size are shipped and not seen, or shipped \
            more than once.</p>

            """
    }

    private func treemap(_ id: Int) -> HTML {
        let legend = layers.indices.filter(seen.layers.contains).map { number -> HTML in
            "<li><span class=\"swatch layer-\(number % TreemapStyle.colours)\"></span>layer \(number)</li>"
        }
        return """
            <h3>What is seen, by directory</h3>
            <div class="treemap" data-image="\(id)" hidden>
            <p class="way"></p>
            <div class="tiles" role="group" aria-label="Directories and files by size"></div>
            <p class="told quiet" aria-live="polite"></p>
            <p class="quiet">Arrow keys go from one to the next, Enter opens a directory, Escape or Backspace closes it. \
            The colour is that of the layer which most of it comes from.</p>
            <ul class="legend">\(legend)</ul>
            </div>
            <noscript><p class="quiet">The picture needs JavaScript; the tables below don't.</p></noscript>

            """
    }

    private var stack: HTML {
        var table = Table(
            "Layers, bottom to top",
            [
                .numbers("layer"), .numbers("packed"), .numbers("unpacked"), .numbers("adds"), .numbers("changes"),
                .numbers("deletes"), .words("made by"),
            ])
        for (number, layer) in layers.enumerated() {
            let changes = [layer.changes.added, layer.changes.changed, layer.changes.deleted].map { change -> HTML in
                "\(change.words)"
            }
            let mark: HTML = "<span class=\"swatch layer-\(number % TreemapStyle.colours)\"></span>\(number)"
            let packed: HTML = "\(layer.twin.map { "as layer \($0)" } ?? humanSize(layer.packed))"
            table.add(
                [mark, packed, "\(humanSize(layer.unpacked))"] + changes + [layer.origin.html], below: layer.below)
        }
        return "<h3>The layers</h3>\n" + table.html
    }

    private var waste: HTML {
        guard !wastes.isEmpty else {
            return "<h3>What is wasted</h3>\n<p>Nothing is shipped that is not seen, and nothing twice.</p>\n"
        }
        var remedies = Table("What would save it", [.numbers("bytes"), .words("how")])
        for saving in savings {
            remedies.add(["\(humanSize(saving.bytes))", "\(saving.remedy.words(isOurs: isOurs))"])
        }
        var kinds = Table("What became of it", [.numbers("bytes"), .words("kind")])
        for kind in wastedByKind { kinds.add(["\(humanSize(kind.bytes))", "\(kind.kind.words)"]) }
        return "<h3>What is wasted</h3>\n" + kinds.html + remedies.html + wasteByDirectory
    }

    private var wasteByDirectory: HTML {
        var table = Table(
            "Shipped and not seen, or more than once, by directory",
            [
                .numbers("bytes"), .numbers("files"), .words("where"), .words("why"), .numbers("layer"),
                .numbers("hidden by"),
            ])
        for group in wasteGroups.prefix(Self.shownWastes) {
            table.add([
                "\(humanSize(group.place.bytes))", "\(group.place.files)", Self.paths(of: group),
                "\(group.example.reason(saysLayer: false))", "\(group.example.layer)",
                "\(group.example.hidden.map { "\($0)" } ?? "")",
            ])
        }
        guard wasteGroups.count > Self.shownWastes else { return table.html }
        let rest = wasteGroups.dropFirst(Self.shownWastes).reduce(0) { $0 + $1.place.bytes }
        return table.html + "<p>\(wasteGroups.count - Self.shownWastes) more have \(humanSize(rest)).</p>\n"
    }

    private static func paths(of group: WasteGroup) -> HTML {
        guard group.place.files == 1, group.example.kind == .copies else {
            return "<div class=\"path\">\(visiblePath(group.place.path))</div>"
        }
        let paths = group.example.paths.prefix(shownPaths).map { path -> HTML in
            "<div class=\"path\">\(visiblePath(path))</div>"
        }
        let more = group.example.count - paths.count
        let rest: HTML = more > 0 ? "<div class=\"quiet\">and \(more) more</div>" : ""
        return "\(paths)\(rest)"
    }

    private var files: HTML {
        guard !biggest.isEmpty else { return "" }
        var table = Table("The biggest files that are seen", [.numbers("bytes"), .words("path"), .numbers("layer")])
        for file in biggest {
            table.add([
                "\(humanSize(file.bytes))", "<span class=\"path\">\(visiblePath(file.path))</span>\(file.otherNames)",
                "\(file.layer)",
            ])
        }
        return "<h3>The biggest files</h3>\n" + table.html
    }

    private var build: HTML {
        guard let timing else { return "" }
        var table = Table(
            "Layers by the time that they took", [.words("layer"), .numbers("time"), .words("how it came")])
        for layer in timing.layers {
            table.add([
                "\(visible(layer.tag, isText: false))", "\(layer.timeInWords)",
                "\(visible(layer.outcome, isText: false))",
            ])
        }
        return "<h3>The last build that was timed</h3>\n" + table.html
    }
}

extension LayerOrigin {
    /// What made the layer.
    var html: HTML {
        guard let recipe else {
            return "<span class=\"path\">\(visible(createdBy ?? "nobody says", isText: false, limit: 500))</span>"
        }
        let kind = recipe.isBuildOnly ? "build_only layer" : "layer"
        return "\(kind) \(visible(recipe.tag, isText: false)), line \(recipe.line) of its recipe"
    }
}

extension ImageSizes.Layer {
    /// What it does, by directory, with its digest and the lines of its recipe, folded.
    fileprivate var below: HTML {
        let items = parts.prefix(ImageSizes.shownParts).map { part -> HTML in
            """
            <li>\(humanSize(part.place.bytes)) \(part.kind.rawValue) \(part.place.files == 1 ? "" : part.place.count)\
            <span class="path">\(visiblePath(part.place.path))</span></li>

            """
        }
        let more = parts.count - items.count
        let rest: HTML = more > 0 ? "<li class=\"quiet\">and \(more) more</li>\n" : ""
        let recipe = origin.recipe.map { recipe -> HTML in
            "<pre>\(visible(recipe.text, isText: true, limit: 20_000))</pre>"
        }
        return """
            <details><summary>\(origin.recipe == nil ? "what it does" : "what it does, and its recipe")</summary>
            <p class="path quiet">\(descriptor.digest.description)</p>
            \(recipe ?? HTML())<ul>
            \(items)\(rest)</ul></details>
            """
    }
}

extension FileGroup {
    /// How many names of which directory, as what comes before that.
    fileprivate var count: String { "\(files)\(isRest ? " more" : "") names in " }
}

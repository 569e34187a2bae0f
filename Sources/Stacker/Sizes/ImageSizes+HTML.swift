import Pages
import Progress

extension ImageSizes {
    /// How much of each list a page has.
    private static let shownWastes = 200
    /// How many paths of copies are named.
    private static let shownPaths = 5

    /// All that a page says of the image.
    ///
    /// - Parameter id: which of the page's images it is.
    func sections(id: Int) -> HTML {
        summary + treemap(id) + stack + waste + files + build
    }

    private var summary: HTML {
        """
        <p>\(layers.count) \(layers.count == 1 ? "layer" : "layers"), \(humanSize(packed)) packed, \
        \(humanSize(unpacked)) unpacked, \(seen.files) files that are seen.</p>
        <p>\(humanSize(wasted)) (\(inPercent(wastedPercent)) %) of the unpacked size are shipped and not seen, or shipped \
        more than once.</p>

        """
    }

    private func treemap(_ id: Int) -> HTML {
        let legend = layers.indices.map { number -> HTML in
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
            table.add([mark, packed, "\(humanSize(layer.unpacked))"] + changes + [layer.origin.html])
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
        var table = Table(
            "Shipped and not seen, or more than once",
            [.numbers("bytes"), .words("path"), .words("why"), .numbers("layer"), .numbers("hidden by")])
        for waste in wastes.prefix(Self.shownWastes) {
            let paths = waste.paths.prefix(Self.shownPaths).map { path -> HTML in
                "<div class=\"path\">\(visiblePath(path))</div>"
            }
            let more = waste.count - min(waste.paths.count, Self.shownPaths)
            let rest: HTML = more > 0 ? "<div class=\"quiet\">and \(more) more</div>" : ""
            table.add([
                "\(humanSize(waste.bytes))", "\(paths)\(rest)", "\(waste.reason)", "\(waste.layer)",
                "\(waste.hidden.map { "\($0)" } ?? "")",
            ])
        }
        var html: HTML = "<h3>What is wasted</h3>\n"
        html += remedies.html + table.html
        if wastes.count > Self.shownWastes {
            let rest = wastes.dropFirst(Self.shownWastes).reduce(0) { $0 + $1.bytes }
            html += "<p>\(wastes.count - Self.shownWastes) more have \(humanSize(rest)).</p>\n"
        }
        return html
    }

    private var files: HTML {
        guard !biggest.isEmpty else { return "" }
        var table = Table("The biggest files that are seen", [.numbers("bytes"), .words("path"), .numbers("layer")])
        for file in biggest {
            table.add([
                "\(humanSize(file.bytes))", "<span class=\"path\">\(visiblePath(file.path))</span>", "\(file.layer)",
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
    /// What made the layer, with the lines of its recipe folded under that.
    fileprivate var html: HTML {
        guard let recipe else {
            return "<span class=\"path\">\(visible(createdBy ?? "nobody says", isText: false, limit: 500))</span>"
        }
        let kind = recipe.isBuildOnly ? "build_only layer" : "layer"
        return """
            <details><summary>\(kind) \(visible(recipe.tag, isText: false)), line \(recipe.line) of its recipe</summary>\
            <pre>\(visible(recipe.text, isText: true, limit: 20_000))</pre></details>
            """
    }
}

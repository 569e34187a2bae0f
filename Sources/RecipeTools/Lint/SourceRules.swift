import Failure
import RecipeText
import Recipes
import Registry

// What comes into a layer from elsewhere.
extension Linter {
    mutating func askAboutSources(_ recipe: LintedRecipe) {
        for layer in recipe.layers {
            let place = layer.definition.from?.url?.position ?? layer.definition.position(of: .from)
            if let base = layer.base { askAbout(base, of: layer, place) }
            for entry in layer.definition.imports { askAbout(entry, of: layer) }
            for bind in layer.definition.binds {
                guard case .host = bind.source else { continue }
                report(
                    .hostBind, bind.position, "\(quoted(bind.path)) is of this machine: the layer is built every time",
                    help: "import the file, or write volume:NAME -> /path for a directory that starts empty",
                    layer: layer.name)
            }
        }
    }

    private mutating func askAbout(_ base: Base, of layer: LintedRecipe.Layer, _ place: SourcePosition) {
        switch base {
        case .docker(let image, let isInsecure):
            askAbout(image, place, layer.name)
            if isInsecure { reportInsecure(place, layer.name) }
        case .tar(.http(let address)):
            report(
                .httpWithoutHash, place, "the base \(quoted(address.description)) is whatever the server sends",
                help: "import it with its hash into a build_only layer, and write url: stacker://LAYER/FILE",
                layer: layer.name)
        case .tar, .oci, .built, .scratch: return
        }
    }

    private mutating func askAbout(_ entry: Import, of layer: LintedRecipe.Layer) {
        switch entry.source {
        case .http where entry.hash == nil:
            report(
                .httpWithoutHash, entry.position, "\(quoted(entry.path)) is whatever the server sends",
                help: "write hash: and the SHA-256 that sha256sum prints of it", layer: layer.name)
        case .image(.docker(let image, let isInsecure), _):
            askAbout(image, entry.position, layer.name)
            if isInsecure { reportInsecure(entry.position, layer.name) }
        default: break
        }
        if let mode = entry.mode, mode & 0o002 != 0, mode & 0o1000 == 0 {
            report(
                .worldWritable, entry.position,
                "mode 0\(String(mode, radix: 8)) of \(quoted(entry.path)) lets everybody write to it",
                help: "write 0\(String(mode & 0o7775, radix: 8))", layer: layer.name)
        }
    }

    private mutating func askAbout(_ image: ImageReference, _ place: SourcePosition, _ layer: String) {
        guard image.digest == nil, image.tag == "latest" else { return }
        report(
            .floatingTag, place, "\(quoted(image.description)) may be another image tomorrow",
            help: "name a version, NAME:1.2, or the image itself, NAME@sha256:…", layer: layer)
    }

    private mutating func reportInsecure(_ place: SourcePosition, _ layer: String) {
        report(
            .tlsOff, place, "insecure: whoever answers for this registry is believed",
            help: "have the machine trust its certificate", layer: layer)
    }
}

import Failure
import RecipeText
import Recipes

// Package managers, whose ways fit a machine better than an image.
extension Linter {
    mutating func askAboutPackages(_ recipe: LintedRecipe) {
        let shipped = recipe.shippedLayers
        for layer in recipe.layers {
            let isShipped = shipped.contains(layer.name)
            var asked: Set<String> = []
            for command in layer.script.commands {
                guard let manager = PackageManager(command) else { continue }
                let place = layer.place(ofLine: command.line)
                if manager.changes(command), manager.asks(command) {
                    report(
                        .asksQuestions, place,
                        "\(manager.name) asks before it goes on, and the script's input is empty",
                        help: "write \(manager.yes)", layer: layer.name)
                }
                guard isShipped, manager.leaves(command), asked.insert(manager.name).inserted,
                    !manager.isCleaned(in: layer)
                else { continue }
                report(
                    .packageLists, place,
                    "what \(manager.name) keeps in \(manager.places.joined(separator: ", ")) is in the image",
                    help: manager.remedy, layer: layer.name)
            }
        }
    }
}

/// A package manager: what it leaves, and how it is told not to.
struct PackageManager {
    let name: String
    /// Where it keeps lists and downloads.
    let places: [String]
    let yes: String
    let remedy: String

    init?(_ command: ShellScript.Command) {
        switch command.name {
        case "apt-get", "apt", "aptitude":
            self.init(
                "apt-get", ["/var/lib/apt/lists"], "apt-get -y", "end the script with rm -rf /var/lib/apt/lists/*")
        case "apk": self.init("apk", ["/var/cache/apk"], "nothing: apk never asks", "write apk add --no-cache")
        case "dnf", "yum", "microdnf":
            let name = command.name ?? ""
            self.init(
                name, ["/var/cache/\(name == "yum" ? "yum" : "dnf")"], "\(name) -y",
                "end the script with \(name) clean all")
        case "zypper": self.init("zypper", ["/var/cache/zypp"], "zypper -n", "end the script with zypper clean --all")
        case "pip", "pip3":
            self.init("pip", ["/root/.cache/pip"], "nothing: pip never asks", "write pip install --no-cache-dir")
        default: return nil
        }
    }

    private init(_ name: String, _ places: [String], _ yes: String, _ remedy: String) {
        self.name = name
        self.places = places
        self.yes = yes
        self.remedy = remedy
    }

    private static let changing: Set<String> = [
        "install", "reinstall", "remove", "purge", "autoremove", "upgrade", "dist-upgrade", "full-upgrade", "update",
        "erase",
    ]

    /// Whether packages of the layer change.
    func changes(_ command: ShellScript.Command) -> Bool {
        guard let verb = command.operands.first, !command.has("-s", "--simulate", "--dry-run") else { return false }
        return Self.changing.contains(verb) && !(name == "apt-get" && verb == "update")
    }

    /// Whether it waits for an answer.
    func asks(_ command: ShellScript.Command) -> Bool {
        switch name {
        case "apt-get": !command.has("-y", "--yes", "--assume-yes") && !command.words.contains { $0.contains("-qq") }
        case "dnf", "yum", "microdnf": !command.has("-y", "--assumeyes")
        case "zypper": !command.has("-n", "--non-interactive", "-y", "--no-confirm")
        default: false
        }
    }

    /// Whether something of its own stays.
    func leaves(_ command: ShellScript.Command) -> Bool {
        let verb = command.operands.first
        return switch name {
        case "apt-get": verb == "update"
        case "apk": (verb == "add" || verb == "update") && !command.has("--no-cache")
        case "pip": verb == "install" && !command.has("--no-cache-dir")
        default: changes(command)
        }
    }

    /// Whether the layer removes it, or never has it.
    func isCleaned(in layer: LintedRecipe.Layer) -> Bool {
        if name == "pip", layer.definition.buildEnvironment["PIP_NO_CACHE_DIR"] != nil { return true }
        let kept = layer.definition.binds.map(\.destination) + (layer.values["cache_dirs"]?.texts ?? [])
        if places.contains(where: { place in kept.contains { place.isAtOrBelow($0) } }) { return true }
        return layer.script.commands.contains { command in
            if ["dnf", "yum", "microdnf", "zypper"].contains(command.name ?? "") {
                return command.operands.first == "clean"
            }
            let removed = command.name == "rm" ? command.operands : command.name == "find" ? command.operands : []
            return removed.contains { path in places.contains { path.isAtOrBelow($0) || $0.isAtOrBelow(path) } }
        }
    }
}

extension String {
    /// Whether it is a path, or one of what is in it. A pattern for all that is in it counts as the path.
    func isAtOrBelow(_ path: String) -> Bool {
        let (own, other) = (withoutEnd, path.withoutEnd)
        guard own.hasPrefix("/"), other.hasPrefix("/") else { return false }
        return own == other || own.hasPrefix(other == "/" ? other : other + "/")
    }

    private var withoutEnd: String {
        var text = self[...]
        for end in ["/*", "/."] where text.hasSuffix(end) { text = text.dropLast(2) }
        while text.count > 1, text.hasSuffix("/") { text = text.dropLast() }
        return text.isEmpty ? "/" : String(text)
    }
}

extension YAMLNode {
    /// All texts in it.
    fileprivate var texts: [String] {
        switch content {
        case .scalar(let text, _): [text]
        case .sequence(let nodes): nodes.flatMap(\.texts)
        case .mapping(let pairs): pairs.flatMap(\.value.texts)
        }
    }
}

import Failure
import RecipeText
import Recipes

// What only several layers together show, and what the image is told.
extension Linter {
    mutating func askAboutLayers(_ recipe: LintedRecipe) {
        let needed = recipe.neededLayers
        for layer in recipe.layers {
            askAboutDeletions(layer, recipe)
            askAboutCommands(layer)
            let directory = layer.definition.workingDirectory ?? ""
            if !directory.isEmpty, !directory.hasPrefix("/"), directory != "value" {
                report(
                    .relativeWorkingDirectory, layer.definition.position(of: .workingDirectory),
                    "\(quoted(directory)) is relative, and nobody says to what", help: "write an absolute path",
                    layer: layer.name)
            }
            if layer.definition.isBuildOnly, !needed.contains(layer.name) {
                report(
                    .unusedLayer, layer.definition.position, "nothing in this file is built on it or imports from it",
                    help: "remove it, unless another recipe has this one among its prerequisites", layer: layer.name)
            }
        }
    }

    // MARK: - Deletions

    private mutating func askAboutDeletions(_ layer: LintedRecipe.Layer, _ recipe: LintedRecipe) {
        let below = recipe.ancestors(of: layer).filter {
            !(recipe.recipe.settings.collapseBuildOnly == true && $0.definition.isBuildOnly)
        }
        guard !below.isEmpty else { return }
        for command in layer.script.commands {
            for (what, holder) in deleted(by: command, in: layer, below) {
                let isBuildOnly = holder.definition.isBuildOnly
                report(
                    .deletedLater, layer.place(ofLine: command.line),
                    "\(quoted(what)) is in layer \(holder.name), and stays in what is shipped",
                    help: isBuildOnly
                        ? "delete it where it is made, or write collapse_build_only: true under config"
                        : "delete it in the layer that makes it",
                    layer: layer.name)
            }
        }
    }

    /// What a command deletes that a layer below has, and which one.
    private func deleted(
        by command: ShellScript.Command, in layer: LintedRecipe.Layer, _ below: [LintedRecipe.Layer]
    ) -> [(what: String, holder: LintedRecipe.Layer)] {
        let operands = command.operands
        switch command.name {
        case "rm", "rmdir", "unlink":
            return operands.filter { $0.hasPrefix("/") && !layer.written.touches($0) }.compactMap { path in
                below.first { $0.written.touches(path) }.map { (path, $0) }
            }
        case "apt-get", "apt", "apk", "dnf", "yum":
            guard ["remove", "purge", "del", "autoremove", "erase"].contains(operands.first ?? "") else { return [] }
            return operands.dropFirst().compactMap { package in
                below.first { $0.installed.contains(package) }.map { (package, $0) }
            }
        default: return []
        }
    }

    // MARK: - Commands of the image

    private mutating func askAboutCommands(_ layer: LintedRecipe.Layer) {
        let definition = layer.definition
        for (key, words) in [
            (LayerKey.command, definition.command), (.entrypoint, definition.entrypoint),
            (.fullCommand, definition.fullCommand),
        ] {
            guard let words, let first = words.first, !first.hasSuffix("sh") else { continue }
            let special = words.first { word in
                ["&&", "||", "|", ";", ">", ">>", "<"].contains(word) || word.hasSuffix(";")
                    || zip(word, word.dropFirst()).contains { $0 == "$" && ($1.isLetter || $1 == "{" || $1 == "(") }
            }
            guard let special else { continue }
            report(
                .commandWithoutShell, definition.position(of: key),
                "\(key.rawValue) is split into words and started without a shell: \(quoted(special)) is a word like others",
                help: "write [\"/bin/sh\", \"-c\", \"…\"]", layer: layer.name)
        }
    }
}

extension LintedRecipe {
    /// overlayfs has no more lower directories, and so no image that is built has more layers below one.
    private static let depthLimit = 500

    /// The layers of the recipe that one stands on, the nearest first.
    func ancestors(of layer: Layer) -> [Layer] {
        var found: [Layer] = []
        var next = layer
        while case .built(let name)? = next.base, let parent = self[name], found.count < Self.depthLimit {
            found.append(parent)
            next = parent
        }
        return found
    }

    /// The names of layers that an image has: its own, and those that it stands on, at any distance.
    var shippedLayers: Set<String> {
        var bases: [String: String] = [:]
        for layer in layers {
            if case .built(let base)? = layer.base { bases[layer.name] = base }
        }
        var shipped: Set<String> = []
        for layer in layers where !layer.definition.isBuildOnly {
            var name: String? = layer.name
            while let next = name, shipped.insert(next).inserted { name = bases[next] }
        }
        return shipped
    }

    /// The names of layers that another one stands on or takes files from.
    var neededLayers: Set<String> {
        layers.reduce(into: []) { needed, layer in
            if let base = layer.base?.recipeLayer { needed.insert(base) }
            for entry in layer.definition.imports {
                if case .layer(let name, _) = entry.source { needed.insert(name) }
            }
        }
    }
}

extension LayerDefinition {
    /// Absolute paths at which the layer has something of its own, as far as its recipe shows them.
    func written(by script: ShellScript) -> [String] {
        imports.compactMap(\.destination) + overlayDirectories.map(\.destination) + script.writes
    }
}

extension ShellScript {
    /// Packages that it installs.
    var installed: Set<String> {
        commands.reduce(into: []) { result, command in
            guard ["apt-get", "apt", "apk", "dnf", "yum"].contains(command.name ?? ""),
                ["install", "add"].contains(command.operands.first ?? "")
            else { return }
            result.formUnion(command.operands.dropFirst())
        }
    }

    /// Absolute paths at which the script makes something, as far as its words show them.
    var writes: [String] {
        commands.flatMap { command in
            (command.outputs + made(by: command)).filter { $0.hasPrefix("/") && !$0.hasPrefix("/dev/") && $0 != "/" }
        }
    }

    private func made(by command: Command) -> [String] {
        let operands = command.operands
        return switch command.name {
        case "mkdir", "touch", "truncate", "fallocate", "mkfifo": operands
        case "cp", "mv", "install", "ln", "rsync", "git": operands.last.map { [$0] } ?? []
        case "tar": command.value(of: "-C", "--directory")
        case "unzip": command.value(of: "-d")
        case "curl": command.value(of: "-o", "--output")
        case "wget": command.value(of: "-O", "-P", "--output-document")
        case "dd": command.words.filter { $0.hasPrefix("of=") }.map { String($0.dropFirst(3)) }
        case "apt-get" where operands.first == "update": ["/var/lib/apt/lists"]
        default: []
        }
    }
}

extension ShellScript.Command {
    /// What follows a flag.
    fileprivate func value(of flags: String...) -> [String] {
        zip(words, words.dropFirst()).filter { flags.contains($0.0) }.map(\.1)
    }
}

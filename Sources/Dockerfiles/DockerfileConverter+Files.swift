import Failure
import Recipes
import SystemPackage

// COPY, and what ADD has in common with it.
extension DockerfileConverter {
    /// Where files of one instruction go, and as whose.
    struct Target {
        /// Without a "/" at its end.
        var path: ConvertedText
        /// Whether files go into it, under their own names.
        var isDirectory: Bool
        /// Whether it was written as a directory, and is not only known to be one.
        var isWrittenSo: Bool
        var mode: String?
        var uid: String?
        var gid: String?
        /// An owner that only the image's own passwd knows.
        var owner: ConvertedText?
        /// Whether the directory may have been there before.
        var isKnown = false
        /// What has been copied.
        var places: [ConvertedText] = []

        /// Where a file of this name goes.
        func place(_ name: ConvertedText) -> ConvertedText {
            isDirectory ? path + (path == ConvertedText("/") ? "" : "/") + name : path
        }
    }

    mutating func copy(_ files: DockerfileInstruction.Files, _ instruction: DockerfileInstruction) throws {
        var target = try self.target(files, instruction)
        guard let flag = instruction.flags.last(where: { $0.name == "from" }), let from = flag.value else {
            for source in files.sources { try addLocal(source, files, &target, instruction) }
            return try finish(target, instruction)
        }
        let layer = try layerOfStage(from, instruction)
        for source in files.sources {
            let source = try expand(source, instruction.line)
            guard !table.value(of: source).contains(where: { "*?[".contains($0) }) else {
                throw Failure("wildcards in another stage can't be converted: name the files, or their directory")
            }
            addStageSource(source, layer, &target, instruction)
        }
        try finish(target, instruction)
    }

    mutating func target(
        _ files: DockerfileInstruction.Files, _ instruction: DockerfileInstruction
    ) throws -> Target {
        let written = try expand(files.destination, instruction.line)
        let value = table.value(of: written)
        if !isAbsolute(written) { noteAssumptions(instruction, onlyDirectory: true) }
        let path = absolute(written)
        let isWrittenSo = files.sources.count > 1 || value.hasSuffix("/") || value == "." || value.hasSuffix("/.")
        let isDirectory = isWrittenSo || stage.knownDirectories.contains(table.value(of: path))
        var target = Target(path: path, isDirectory: isDirectory, isWrittenSo: isWrittenSo)
        for flag in instruction.flags {
            let written = "--\(flag.name)" + (flag.value.map { "=\($0)" } ?? "")
            switch flag.name {
            case "from" where instruction.keyword == "COPY" && flag.value != nil: break
            case "checksum" where instruction.keyword == "ADD": break
            case "link": note(instruction.line, "\(instruction.keyword) --link: it makes no difference here")
            case "chown": try setOwner(&target, try expand(flag.value ?? "", instruction.line))
            case "chmod":
                let mode = table.value(of: try expand(flag.value ?? "", instruction.line))
                guard let number = UInt32(mode, radix: 8), number <= 0o7777 else {
                    throw Failure("\(written): only octal modes can be converted")
                }
                target.mode = "0" + String(number, radix: 8)
            default: throw Failure("\(written) can't be converted")
            }
        }
        target.isKnown = !isDirectory || !stage.knownDirectories.insert(table.value(of: path)).inserted
        return target
    }

    private func setOwner(_ target: inout Target, _ owner: ConvertedText) throws {
        let value = table.value(of: owner)
        guard !value.isEmpty else { throw Failure("--chown has no value") }
        let parts = value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            .map { $0 == "root" ? "0" : String($0) }
        if parts.allSatisfy({ UInt32($0) != nil }) {
            // Without a group, its number is the user's.
            (target.uid, target.gid) = (parts[0], parts.last)
        } else {
            target.owner = parts.count == 1 ? owner + ":" : owner
        }
    }

    // MARK: - Sources

    mutating func addLocal(
        _ source: String, _ files: DockerfileInstruction.Files, _ target: inout Target,
        _ instruction: DockerfileInstruction
    ) throws {
        if let heredoc = files.heredocs.first(where: { $0.word == source }) {
            return try addText(heredoc, &target, instruction)
        }
        let text = try expand(source, instruction.line)
        let source = table.value(of: text)
        if text.namesPlatform { return try addForPlatform(text, source, &target) }
        let (pieces, isList) = try context.pieces(of: source)
        if isList {
            note(instruction.line, "\(instruction.keyword) \(source): a list of what was there when this was converted")
        }
        // A wildcard that matches several files needs a directory.
        if pieces.count > 1, pieces.contains(where: { $0.below.isEmpty }) { target.isDirectory = true }
        for piece in pieces {
            let path = ConvertedText(contextPrefix.fromRecipe + piece.path)
            var place = target.path
            if !piece.below.isEmpty {
                place = target.path + (target.path == ConvertedText("/") ? "" : "/") + piece.below
            } else if !piece.isDirectory {
                place = target.place(ConvertedText(FilePath(piece.path).lastComponent?.string ?? piece.path))
            }
            if piece.isDirectory { stage.knownDirectories.insert(table.value(of: place)) }
            addImport(piece.isDirectory ? path + "/" : path, to: place, &target)
        }
    }

    /// A file or directory that is another one for each platform that is built for. Which there are, the recipe can't list.
    private mutating func addForPlatform(_ text: ConvertedText, _ source: String, _ target: inout Target) throws {
        let (pieces, isList) = try context.pieces(of: source)
        let path = text.trimmedSlashes
        guard !isList, pieces.count == 1, let piece = pieces.first, piece.below.isEmpty,
            normalized(table.value(of: path)) == normalized(piece.path)
        else {
            throw Failure(
                "\(quoted(source)) depends on the platform, and would be a list of files: name one file or a directory of "
                    + "which .dockerignore leaves nothing out")
        }
        let place = piece.isDirectory ? target.path : target.place(path.lastComponent)
        if piece.isDirectory { stage.knownDirectories.insert(table.value(of: place)) }
        addImport(contextPrefix.fromRecipe + path + (piece.isDirectory ? "/" : ""), to: place, &target)
    }

    private mutating func addStageSource(
        _ source: ConvertedText, _ layer: (name: ConvertedText, stage: DockerfileStage?), _ target: inout Target,
        _ instruction: DockerfileInstruction
    ) {
        let value = table.value(of: source)
        let name = "stacker://" + layer.name
        let path = ConvertedText("/") + source.trimmedSlashes
        let isDirectory =
            value.hasSuffix("/") || layer.stage?.knownDirectories.contains(normalized("/" + value)) == true
        if isDirectory {
            addImport(name + (path == ConvertedText("/") ? path : path + "/"), to: target.path, &target)
        } else if target.isDirectory, !isSamePlace(value, target) {
            // Without a "/" at its end a destination would do for both.
            note(
                instruction.line,
                "\(instruction.keyword) \(value): taken as a file; a directory needs a / at the end of its path, and none at dest's"
            )
            addImport(name + path, to: target.place(path.lastComponent), &target)
        } else {
            addImport(name + path, to: target.path, &target)
        }
    }

    /// Whether a source of unknown kind is probably the directory that the target is, in another stage.
    private func isSamePlace(_ source: String, _ target: Target) -> Bool {
        let (source, path) = (FilePath(normalized("/" + source)), FilePath(table.value(of: target.path)))
        return source == path || (!target.isWrittenSo && source.lastComponent == path.lastComponent)
    }

    /// A layer for what `--from` names: a stage by name or number, or an image.
    private mutating func layerOfStage(
        _ from: String, _ instruction: DockerfileInstruction
    ) throws -> (name: ConvertedText, stage: DockerfileStage?) {
        let text = try expand(from, instruction.line)
        let value = table.value(of: text)
        let earlier = stages.dropLast()
        if text.namesPlatform { stage.knowsPlatform = true }
        if let number = earlier.lastIndex(where: { $0.alias == value.lowercased() }) ?? Int(value) {
            guard earlier.indices.contains(number) else { throw Failure("there is no stage \(number) before this one") }
            self.stage.sources.append(number)
            return (earlier[number].name, earlier[number])
        }
        let url = Self.url(of: text, value)
        let buildPlatform: ConvertedLayer.BuildPlatform? = stage.isOnMachine ? .machine : nil
        if let same = layers.first(where: {
            $0.base.dockerURL == url && $0.isImageOnly && $0.buildPlatform == buildPlatform
        }) {
            return (same.name, nil)
        }
        var layer = ConvertedLayer(name: ConvertedText("image-\(imageCount)"), base: .docker(url))
        imageCount += 1
        layer.isBuildOnly = true
        layer.buildPlatform = buildPlatform
        layers.append(layer)
        return (layer.name, nil)
    }

    /// A here-document is written by the script.
    private mutating func addText(
        _ heredoc: DockerfileHeredoc, _ target: inout Target, _ instruction: DockerfileInstruction
    ) throws {
        guard stage.hasShell else {
            throw Failure("here-document \(heredoc.name) needs a shell in the image: COPY a file instead")
        }
        let body =
            heredoc.isQuoted
            ? ConvertedText(heredoc.text) : try expand(heredoc.text, instruction.line, keepsQuotes: true)
        let place = target.place(ConvertedText(heredoc.name))
        let parent = normalized(table.value(of: place) + "/..")
        var script: ConvertedText = ConvertedText("# \(file):\(instruction.line)\n")
        if !stage.knownDirectories.contains(parent) || target.isDirectory {
            script.append("mkdir -p \"$(dirname " + place.shellWord + ")\"\n")
        }
        script.append("cat > " + place.shellWord + " <<'\(heredoc.name)'\n" + body + "\(heredoc.name)\n")
        script.append("chmod \(target.mode ?? "0644") " + place.shellWord)
        if let uid = target.uid { script.append("\nchown \(uid):\(target.gid ?? uid) " + place.shellWord) }
        target.places.append(place)
        stage.destinations.append(place)
        stage.layer.steps.append(.command(script))
    }

    // MARK: - Imports

    mutating func addImport(
        _ path: ConvertedText, to place: ConvertedText, _ target: inout Target, mode: String? = nil,
        hash: ConvertedText? = nil
    ) {
        // Imports come before the script.
        if stage.layer.hasCommands { beginLayer() }
        target.places.append(place)
        stage.destinations.append(place)
        stage.layer.imports.append(
            .init(
                path: path, destination: place, hash: hash, mode: mode ?? target.mode, uid: target.uid, gid: target.gid)
        )
    }

    mutating func finish(_ target: Target, _ instruction: DockerfileInstruction) throws {
        if target.uid != nil, !target.isKnown {
            note(
                instruction.line,
                "\(instruction.keyword) --chown: if the image has no \(table.value(of: target.path)) yet, that is root's"
            )
        }
        guard let owner = target.owner else { return }
        guard stage.hasShell else {
            throw Failure("--chown=\(table.value(of: owner)) needs a shell in the image: write numbers instead")
        }
        let places = target.isKnown ? target.places : [target.path]
        let words = places.reduce(into: ConvertedText()) { $0.append(" " + $1.shellWord) }
        let written = instruction.flags.last { $0.name == "chown" }?.value ?? ""
        note(
            instruction.line,
            "\(instruction.keyword) --chown=\(written): done by the script, since only the image knows the numbers")
        stage.layer.steps.append(
            .command("# \(file):\(instruction.line)\nchown -R " + owner.shellWord + words))
    }
}

/// An absolute path without ".", ".." and a "/" at its end.
func normalized(_ path: String) -> String {
    FilePath("/").pushing(FilePath(path)).lexicallyNormalized().string
}

extension ConvertedText {
    /// What follows the last "/".
    var lastComponent: ConvertedText {
        var result = ConvertedText()
        for piece in pieces {
            guard case .literal(let text) = piece, let slash = text.lastIndex(of: "/") else {
                result = result + ConvertedText([piece])
                continue
            }
            result = ConvertedText(String(text[text.index(after: slash)...]))
        }
        return result
    }

    /// Without "/" at both ends.
    fileprivate var trimmedSlashes: ConvertedText {
        var pieces = pieces
        if case .literal(let text)? = pieces.first { pieces[0] = .literal(String(text.drop { $0 == "/" })) }
        if case .literal(var text)? = pieces.last {
            while text.hasSuffix("/") { text.removeLast() }
            pieces[pieces.count - 1] = .literal(text)
        }
        return ConvertedText(pieces)
    }
}

extension ConvertedLayer {
    /// Whether the layer only stands for its base.
    var isImageOnly: Bool {
        imports.isEmpty && steps.isEmpty && environment.isEmpty && labels.isEmpty && authors == nil
    }
}

extension ConvertedLayer.Base {
    var dockerURL: ConvertedText? {
        if case .docker(let url) = self { url } else { nil }
    }
}

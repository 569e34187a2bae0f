import Failure
import Recipes
import SystemPackage

// ADD: what it brings that COPY does not, downloads and the content of archives.
extension DockerfileConverter {
    mutating func add(_ files: DockerfileInstruction.Files, _ instruction: DockerfileInstruction) throws {
        var target = try self.target(files, instruction)
        for source in files.sources {
            let text = try expand(source, instruction.line)
            let value = table.value(of: text)
            if value.hasSuffix(".git") || value.contains(".git#") || value.hasPrefix("git@")
                || value.hasPrefix("git://")
            {
                throw Failure("a git repository can't be added: import an archive of it, or clone it in run:")
            } else if isHTTP(value) {
                try addDownload(text, &target, instruction)
            } else if Self.isArchive(value) {
                try addArchive(text, &target, instruction)
            } else {
                try addLocal(source, files, &target, instruction)
            }
        }
        try finish(target, instruction)
    }

    private mutating func addDownload(
        _ url: ConvertedText, _ target: inout Target, _ instruction: DockerfileInstruction
    ) throws {
        let value = table.value(of: url)
        let path = value.prefix { $0 != "?" && $0 != "#" }
        guard
            let name = path.split(separator: "/").dropFirst(2).last.map(String.init) ?? (target.isDirectory ? nil : "")
        else {
            throw Failure("\(value) has no file name, and the destination is a directory")
        }
        var hash: ConvertedText?
        if let flag = instruction.flags.last(where: { $0.name == "checksum" }), let value = flag.value {
            hash = try expand(value, instruction.line)
        }
        let last = url.lastComponent
        // Under the name that it has for each platform.
        let isWhole = last.namesPlatform && table.value(of: last) == name
        // What is downloaded is its owner's alone.
        addImport(
            url, to: target.place(isWhole ? last : ConvertedText(name)), &target, mode: target.mode ?? "0600",
            hash: hash)
    }

    private static func isArchive(_ path: String) -> Bool {
        let endings = [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"]
        return endings.contains { path.lowercased().hasSuffix($0) }
    }

    /// What tar is told of the compression: not every tar finds out by itself.
    private static func compressionFlag(of path: String) -> String {
        let path = path.lowercased()
        if path.hasSuffix("gz") { return "z" }
        if path.hasSuffix("bz2") { return "j" }
        return path.hasSuffix("xz") ? "J" : ""
    }

    /// ADD unpacks archives. One that is all of an image is a base of its own kind, others are unpacked by the script.
    private mutating func addArchive(
        _ source: ConvertedText, _ target: inout Target, _ instruction: DockerfileInstruction
    ) throws {
        let (pieces, _) = try context.pieces(of: table.value(of: source))
        for piece in pieces {
            if case .scratch = stage.layer.base, stage.layer.imports.isEmpty, stage.layer.steps.isEmpty,
                target.path == ConvertedText("/"), !stage.hasShell
            {
                stage.layer.base = .tar(contextPrefix.fromHere + piece.path)
                stage.hasShell = true
                continue
            }
            guard stage.hasShell else {
                throw Failure(
                    "\(piece.path) would have to be unpacked, and the image has no shell: unpack it first, and COPY the directory"
                )
            }
            note(
                instruction.line,
                "ADD \(piece.path): taken as an archive by its name, and unpacked with the image's own tar")
            if stage.layer.hasCommands { beginLayer() }
            stage.layer.imports.append(.init(path: ConvertedText(contextPrefix.fromRecipe + piece.path)))
            let name = FilePath(piece.path).lastComponent?.string ?? piece.path
            stage.layer.steps.append(
                .command(
                    "# \(file):\(instruction.line)\nmkdir -p " + target.path.shellWord + "\n"
                        + "tar -x\(Self.compressionFlag(of: piece.path))f "
                        + ConvertedText("/stacker/imports/\(name)").shellWord + " -C "
                        + target.path.shellWord))
        }
    }
}

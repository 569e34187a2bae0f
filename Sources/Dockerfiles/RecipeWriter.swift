import FileTree
import Recipes

/// Writes converted layers as YAML, for people to read and go on with.
struct RecipeWriter {
    /// How the Dockerfile is called in comments.
    let file: String
    let table: SubstitutionTable
    private var lines: [String] = []
    private let names: Set<String>

    init(file: String, table: SubstitutionTable) {
        self.file = file
        self.table = table
        names = table.names.union([
            "STACKER_ROOTFS_DIR", "STACKER_STACKER_DIR", "STACKER_OCI_DIR", "STACKER_WORK_DIR",
        ]).union(DockerfileConverter.targetVariables.values)
    }

    /// The recipe.
    ///
    /// - Parameter introduction: what stands at its head, as comments.
    mutating func recipe(_ layers: [ConvertedLayer], introduction: [String]) -> String {
        lines = introduction.map { comment($0) }
        for layer in layers {
            lines.append("")
            write(layer)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The substitution file.
    mutating func substitutions(introduction: [String]) -> String {
        lines = introduction.map { comment($0) }
        for entry in table.entries {
            if let text = entry.comment { lines.append(comment(text)) }
            // Nothing is substituted in this file.
            let value =
                Self.isPlain(entry.value) ? entry.value : doubleQuoted(ConvertedText(entry.value), hidesDollars: false)
            lines.append("\(entry.name): \(value)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: - Layers

    private mutating func write(_ layer: ConvertedLayer) {
        lines.append("\(layer.name.written()):")
        for note in layer.notes.sorted(by: { $0.line < $1.line }) {
            lines.append("  " + comment("\(file):\(note.line): \(note.text.written())"))
        }
        write(layer.base)
        if layer.isBuildOnly { lines.append("  build_only: true") }
        if let platform = layer.buildPlatform { lines.append("  build_platform: \(platform.rawValue)") }
        if let os = layer.os { lines.append("  os: \(scalar(ConvertedText(os)))") }
        if let architecture = layer.architecture { lines.append("  arch: \(scalar(ConvertedText(architecture)))") }
        if !layer.imports.isEmpty {
            lines.append("  imports:")
            for entry in layer.imports { write(entry) }
        }
        if !layer.binds.isEmpty {
            lines.append("  binds:")
            for bind in layer.binds { lines.append("    - \(scalar(bind.source + " -> " + bind.destination))") }
        }
        if !layer.cacheDirectories.isEmpty {
            lines.append("  cache_dirs:")
            for entry in layer.cacheDirectories { write(entry) }
        }
        write("build_env", layer.buildEnvironment.map { (ConvertedText($0.name), $0.value) })
        for case .command(let script) in layer.steps { write(script: script) }
        write("environment", layer.environment.map { (ConvertedText($0.key), $0.value) })
        write("labels", layer.labels.map { ($0.name, $0.value) })
        if let authors = layer.authors {
            write("annotations", [(ConvertedText("org.opencontainers.image.authors"), authors)])
        }
        if !layer.volumes.isEmpty { lines.append("  volumes: \(list(layer.volumes))") }
        if !layer.ports.isEmpty { lines.append("  ports: \(list(layer.ports))") }
        if let signal = layer.stopSignal { lines.append("  stop_signal: \(scalar(signal))") }
        if let directory = layer.workingDirectory { lines.append("  working_dir: \(scalar(directory))") }
        if let user = layer.user { lines.append("  runtime_user: \(scalar(user))") }
        if let entrypoint = layer.entrypoint { lines.append("  entrypoint: \(list(entrypoint))") }
        if let command = layer.command { lines.append("  cmd: \(list(command))") }
    }

    private mutating func write(_ base: ConvertedLayer.Base) {
        lines.append("  from:")
        switch base {
        case .docker(let url): lines += ["    type: docker", "    url: \(scalar(url))"]
        case .built(let name): lines += ["    type: built", "    tag: \(scalar(name))"]
        case .tar(let path): lines += ["    type: tar", "    url: \(scalar(ConvertedText(path)))"]
        case .scratch: lines.append("    type: scratch")
        }
    }

    private mutating func write(_ entry: ConvertedLayer.Import) {
        guard let destination = entry.destination else {
            lines.append("    - \(scalar(entry.path))")
            return
        }
        lines.append("    - path: \(scalar(entry.path))")
        lines.append("      dest: \(scalar(destination))")
        if let hash = entry.hash { lines.append("      hash: \(scalar(hash))") }
        writeAttributes(entry.mode, entry.uid, entry.gid)
    }

    private mutating func write(_ entry: ConvertedLayer.CacheDirectory) {
        let hasAttributes = entry.mode != nil || entry.uid != nil || entry.gid != nil
        lines.append("    - \(hasAttributes ? "path: " : "")\(scalar(entry.path))")
        writeAttributes(entry.mode, entry.uid, entry.gid)
    }

    private mutating func writeAttributes(_ mode: String?, _ uid: String?, _ gid: String?) {
        for (key, value) in [("mode", mode), ("uid", uid), ("gid", gid)] {
            if let value { lines.append("      \(key): \(value)") }
        }
    }

    private mutating func write(_ key: String, _ pairs: [(name: ConvertedText, value: ConvertedText)]) {
        guard !pairs.isEmpty else { return }
        lines.append("  \(key):")
        for pair in pairs { lines.append("    \(scalar(pair.name)): \(scalar(pair.value))") }
    }

    /// A script is a block with its lines as they are, unless something in it has to be escaped.
    private mutating func write(script: ConvertedText) {
        let text = script.written()
        guard !hasClash(script), !text.unicodeScalars.contains(where: Self.isUnprintable), !text.hasPrefix(" ") else {
            lines.append("  run: \"\\")
            let escaped = doubleQuoted(script, hidesDollars: true).dropFirst().dropLast()
            for line in escaped.split(separator: "\\n", omittingEmptySubsequences: false).dropLast() {
                // A blank at the beginning would be taken for the indentation.
                let start = line.first == " " ? "\\" : ""
                lines.append("    \(start)\(line)\\n\\")
            }
            lines.append("    \"")
            return
        }
        lines.append("  run: |")
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            lines.append(line.isEmpty ? "" : "    \(line)")
        }
    }

    // MARK: - Scalars

    private func list(_ texts: [ConvertedText]) -> String {
        "[\(texts.map { doubleQuoted($0, hidesDollars: true) }.joined(separator: ", "))]"
    }

    private func scalar(_ text: ConvertedText) -> String {
        let written = text.written()
        if hasClash(text) || written.unicodeScalars.contains(where: { $0 == "\n" || Self.isUnprintable($0) }) {
            return doubleQuoted(text, hidesDollars: true)
        }
        if text.literal != nil, Self.isPlain(written) { return written }
        return "'\(text.written { $0.replacing("'", with: "''") })'"
    }

    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last,
            !["null", "Null", "NULL"].contains(text)
        else { return false }
        func isWord(_ scalar: Unicode.Scalar) -> Bool {
            scalar.isASCII
                && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                    || "_/.".unicodeScalars.contains(scalar))
        }
        return isWord(first) && last != ":"
            && text.unicodeScalars.allSatisfy { isWord($0) || ":@+=-".unicodeScalars.contains($0) }
    }

    /// - Parameter hidesDollars: whether "$" of literal parts is escaped where substitution would see something in it.
    private func doubleQuoted(_ text: ConvertedText, hidesDollars: Bool) -> String {
        let hides = hidesDollars && hasClash(text)
        let content = text.written { literal in
            literal.unicodeScalars.map { scalar in
                switch scalar {
                case "\"": "\\\""
                case "\\": "\\\\"
                case "\n": "\\n"
                case "\t": "\\t"
                case "$" where hides: "\\x24"
                case _ where Self.isUnprintable(scalar): "\\U" + scalar.value.hexadecimal
                default: String(scalar)
                }
            }.joined()
        }
        return "\"\(content)\""
    }

    /// What YAML doesn't allow outside of double quotes, or changes: all but tabs, newlines and what can be seen.
    private static func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\t", "\n": false
        case "\u{85}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFE}", "\u{FFFF}": true
        default: scalar.properties.generalCategory == .control
        }
    }

    private func comment(_ text: String) -> String {
        let line = String(
            String.UnicodeScalarView(
                text.split(whereSeparator: \.isNewline).joined(separator: " ").unicodeScalars
                    // Not in a comment either, and there is no way to write them there.
                    .map { Self.isUnprintable($0) ? "\u{FFFD}" : $0 }))
        // Substitution looks into comments too.
        return "# " + (hasClash(ConvertedText(line)) ? line.replacing("$", with: "\\x24") : line)
    }

    /// Whether a literal part has something that substitution would take for its own.
    private func hasClash(_ text: ConvertedText) -> Bool {
        text.pieces.contains { piece in
            guard case .literal(let literal) = piece else { return false }
            return literal.split(separator: "$", omittingEmptySubsequences: false).dropFirst().contains { rest in
                if rest.hasPrefix("{{") { return true }
                let isBraced = rest.hasPrefix("{")
                let name = rest.dropFirst(isBraced ? 1 : 0).prefix {
                    $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_")
                }
                return names.contains(String(name)) && (!isBraced || rest.dropFirst(name.count + 1).hasPrefix("}"))
            }
        }
    }
}

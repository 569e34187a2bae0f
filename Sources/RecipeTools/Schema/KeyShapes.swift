import Recipes

// What stands behind each key that the parser knows: the compiler asks for a new one.

extension LayerKey {
    /// What its value looks like.
    var shape: Shape {
        switch self {
        case .from: .map(FromKey.fields)
        case .imports, .legacyImport: .either([importPath, .map(ImportKey.fields), .list(importEntry)])
        case .overlayDirectories: .list(.map(EndKey.overlayFields))
        case .run, .generateLabels, .command, .entrypoint, .fullCommand: .lines
        case .shell: .either([.matching(shellPattern), .words(first: "^/")])
        case .ports: .list(.either([.matching("^\(port)(?:-\(port))?(?:/\(protocols))?$"), .whole(1...65535)]))
        case .stopSignal: .either([.matching(signalPattern), .whole(1...64)])
        case .cacheDirectories: .list(.either([.absolutePath, .map(CacheDirectoryKey.fields)]))
        case .buildEnvironment, .environment: .texts(names: "^[^=]+$")
        case .buildEnvironmentPassthrough, .volumes: .someTexts
        case .labels, .annotations: .texts(names: nil)
        case .workingDirectory, .runtimeUser: .text
        case .buildOnly, .serial: .truth
        case .binds: .list(.either([.matching(bindPattern, orNumber: true), .map(EndKey.bindFields)]))
        case .os: .choice(PlatformNames.systems)
        case .architecture: .choice(PlatformNames.architectures)
        case .platforms: Self.platforms
        case .buildPlatform: .either([.truth, .choice([BuildPlatform.each.rawValue])])
        }
    }

    /// What it is for.
    var summary: String {
        switch self {
        case .from: "What the layer stands on. Every layer has it."
        case .imports: "Files for the script, in /stacker/imports; with dest, in the image."
        case .legacyImport: "The older name of imports: the files appear in /stacker itself."
        case .overlayDirectories: "Directories of this machine whose contents become layers of their own."
        case .run: "The script, run as root of a container by /bin/sh -xe; what it changes is the layer."
        case .shell: "What runs scripts that don't name their own interpreter; /bin/sh -xe if it isn't said."
        case .ports: "The ports on which the image serves: 80, 53/udp, 8000-8010."
        case .stopSignal: "The signal that ends a container of the image: SIGINT, or a number."
        case .cacheDirectories: "Directories that scripts find as the last build has left them; not in the image."
        case .command: "The image's Cmd: a list of words, or a text that is split as a shell does."
        case .entrypoint: "The image's Entrypoint; without cmd it clears one that was inherited."
        case .fullCommand: "The image's Entrypoint, and no Cmd."
        case .buildEnvironment: "Variables of the scripts, not of the image."
        case .buildEnvironmentPassthrough:
            "Regular expressions: which variables of stacker's own environment the scripts have."
        case .environment: "Variables of the image, not of the scripts."
        case .volumes: "The image's volumes."
        case .labels: "The image's labels."
        case .generateLabels: "A script that writes further labels, one a file, to /stacker/oci-labels."
        case .workingDirectory: "The image's working directory."
        case .runtimeUser: "The image's user."
        case .annotations: "Annotations of the image's manifest."
        case .buildOnly: "Whether the layer is only there for others, and is no image."
        case .binds:
            "Files and directories of this machine, or volumes, that the scripts see: SOURCE or SOURCE -> DEST."
        case .serial: "Whether no other layer is built at the same time."
        case .os: "The operating system, in Go's names."
        case .architecture: "The processor, in Go's names."
        case .platforms: "What the layer is built for, each with a base of its own: linux/amd64, linux/arm64."
        case .buildPlatform:
            "Whether a build_only layer is built for the machine that builds: once, or once for each platform."
        }
    }

    /// A program of the image, and no option at the end by which a script would be taken for a command.
    private var shellPattern: String { "^\\s*[\"']?/(?![\\s\\S]*\\s-[a-z]{0,3}c\\s*$)" }

    /// From 1 to 65535.
    private var port: String {
        "(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
    }

    private var protocols: String { "(?:[tT][cC][pP]|[uU][dD][pP]|[sS][cC][tT][pP])" }

    /// With SIG in front or without, small or not; those for realtime with their distance.
    private var signalPattern: String {
        let names = SignalNames.names.map(\.inAnyCase).joined(separator: "|")
        let number = "(?:[1-9]|[12][0-9]|30)"
        let realtime = "\("RTMIN".inAnyCase)\\+\(number)|\("RTMAX".inAnyCase)-\(number)"
        return "^(?:\("SIG".inAnyCase))?(?:\(names)|\(realtime))$|^(?:[1-9]|[1-5][0-9]|6[0-4])$"
    }

    /// What layers can be built for.
    fileprivate static var platforms: Shape {
        let (systems, processors) = (PlatformNames.systems, PlatformNames.architectures)
        return .list(
            .matching("^(?:\(systems.joined(separator: "|")))/(?:\(processors.joined(separator: "|")))(?:/v[0-9])?$"))
    }

    private var importPath: Shape { .matching(ImportKey.pathPattern, orNumber: true) }
    private var importEntry: Shape { .either([importPath, .map(ImportKey.fields)]) }

    /// Neither side of an arrow is empty, and a volume has an arrow.
    private var bindPattern: String {
        "^(?![ \\t]*(->|$))(?!(?:(?!->)[\\s\\S])*->[ \\t]*$)(?![ \\t]*volume:(?![\\s\\S]*->))"
    }
}

extension FromKey {
    /// The map behind `from`.
    static var fields: Shape.Fields {
        var fields = Shape.Fields(
            known: allCases.map { .init(name: $0.rawValue, shape: $0.shape, summary: $0.summary) })
        fields.required = [type.rawValue]
        fields.conditions = From.Kind.allCases.compactMap { kind in
            kind.needs.map { (type.rawValue, kind.rawValue, [($0.key.rawValue, $0.shape)]) }
        }
        return fields
    }

    private var shape: Shape {
        switch self {
        case .type: .choice(From.Kind.allCases.map(\.rawValue))
        case .url, .tag: .text
        case .insecure: .truth
        }
    }

    private var summary: String {
        switch self {
        case .type: "What kind of base it is."
        case .url:
            "docker: docker://registry/name:tag; oci: directory:tag; tar: a file, an http(s) URL or stacker://layer/path."
        case .tag: "The layer that a built base is."
        case .insecure: "Whether the registry may have an unknown certificate, or no TLS."
        }
    }
}

extension From.Kind {
    /// The key without which this kind of base is none.
    fileprivate var needs: (key: FromKey, shape: Shape)? {
        switch self {
        case .docker: (.url, .matching("^docker://[\\s\\S]|^oci:[^:]+:[\\s\\S]"))
        case .oci: (.url, .matching("^[^:]+:[\\s\\S]"))
        case .tar:
            (
                .url,
                .matching(
                    "^(?!docker:|oci:)(?![^/:]*://)[\\s\\S]|^[hH][tT][tT][pP][sS]?://.|^stacker://[^/]", orNumber: true)
            )
        case .built: (.tag, .someText)
        case .scratch: nil
        }
    }
}

extension ImportKey {
    /// The map that an entry of `imports` can be. A key that is unknown is a warning there, unless it can only be meant as
    /// another one.
    static var fields: Shape.Fields {
        var fields = Shape.Fields(
            known: allCases.map { .init(name: $0.rawValue, shape: $0.shape, summary: $0.summary) })
        fields.required = [path.rawValue]
        fields.refused = KeyAliases.importErrors.keys.sorted()
        return fields
    }

    /// Where a file comes from, as far as its scheme tells.
    static let pathPattern =
        "^(?!docker://|oci:)(?![^/]*://)[\\s\\S]|^[hH][tT][tT][pP][sS]?://.|^stacker://[^/]"
        + "|^docker://[^/]+(?:/[^/]+)*//|^oci:[^:]+:[\\s\\S]+?//"

    private var shape: Shape {
        switch self {
        case .path: .matching(Self.pathPattern, orNumber: true)
        // Of digits alone, YAML makes a number.
        case .hash: .matching("^(?:(?:[sS][hH][aA]256:)?[0-9a-fA-F]{64})?$")
        case .destination: .absolutePath
        case .mode: .mode
        case .uid, .gid: .number(upTo: Int64(UInt32.max) - 1)
        case .insecure: .truth
        }
    }

    private var summary: String {
        switch self {
        case .path:
            "A path, relative to the recipe; stacker://layer/path; an http(s) URL; docker://name:tag//path or oci:directory:tag//path."
        case .hash: "The SHA-256 that the file must have."
        case .destination: "Where in the image the file goes, instead of into /stacker/imports."
        case .mode: "Permissions of the files: octal, with a 0 in front."
        case .uid: "The owner; without it, root."
        case .gid: "The group; without it, root's."
        case .insecure: "Whether the registry of a docker:// image may have an unknown certificate, or no TLS."
        }
    }
}

extension EndKey {
    /// The map that an entry of `overlay_dirs` is.
    static var overlayFields: Shape.Fields {
        fields("A directory of this machine, relative to the recipe.", .absolutePath)
    }

    /// The map that an entry of `binds` can be.
    static var bindFields: Shape.Fields {
        fields("A path of this machine, relative to the recipe, or volume:NAME.", .someText)
    }

    private static func fields(_ sourceSummary: String, _ destination: Shape) -> Shape.Fields {
        Shape.Fields(
            known: allCases.map { key in
                switch key {
                case .source: .init(name: key.rawValue, shape: .someText, summary: sourceSummary)
                case .destination: .init(name: key.rawValue, shape: destination, summary: "The absolute path there.")
                }
            }, required: [source.rawValue])
    }
}

extension CacheDirectoryKey {
    /// The map that an entry of `cache_dirs` can be.
    static var fields: Shape.Fields {
        var fields = Shape.Fields(
            known: allCases.map { .init(name: $0.rawValue, shape: $0.shape, summary: $0.summary) })
        fields.required = [path.rawValue]
        return fields
    }

    private var shape: Shape {
        switch self {
        case .path: .absolutePath
        case .mode: .mode
        case .uid, .gid: .number(upTo: Int64(UInt32.max) - 1)
        }
    }

    private var summary: String {
        switch self {
        case .path: "The directory, absolute."
        case .mode: "Permissions: octal, with a 0 in front; those of the directory that it hides, if they aren't said."
        case .uid: "The owner."
        case .gid: "The group."
        }
    }
}

extension SettingKey {
    /// The map behind `config`.
    static var fields: Shape.Fields {
        Shape.Fields(known: allCases.map { .init(name: $0.rawValue, shape: $0.shape, summary: $0.summary) })
    }

    private var shape: Shape {
        switch self {
        case .prerequisites: .someTexts
        case .collapseBuildOnly: .truth
        case .platforms: LayerKey.platforms
        }
    }

    private var summary: String {
        switch self {
        case .prerequisites: "Recipes that are built before: paths relative to this one, or URLs."
        case .collapseBuildOnly: "Whether build_only layers are merged with the image that is built on them."
        case .platforms: "What all layers of the file are built for that don't say it themselves."
        }
    }
}

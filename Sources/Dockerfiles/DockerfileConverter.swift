import Failure
import OCI
import OrderedCollections
import Recipes

/// Turns the instructions of a Dockerfile into layers of a recipe.
///
/// A stage becomes one layer, or a chain of them: what is imported comes before a layer's script, so that a COPY after a
/// RUN begins a layer of its own, and all but the last of the chain are build_only.
struct DockerfileConverter {
    /// How messages name the Dockerfile.
    let file: String
    let escape: Character
    let context: DockerContext
    /// What leads from the recipe's directory to the context, and from the working directory: empty, or ended by "/".
    let contextPrefix: (fromRecipe: String, fromHere: String)
    /// What is built for.
    let platform: Platform
    /// The config of a base image, if it can be looked at.
    let baseConfig: (_ url: String, _ platform: Platform) throws -> ImageConfig?

    var table: SubstitutionTable
    /// The layers that are complete.
    var layers: [ConvertedLayer] = []
    /// What can't be converted, each with its line.
    var problems: [(line: Int, text: String)] = []
    /// The stages so far, the current one last.
    var stages: [DockerfileStage] = []
    /// The ARGs before the first FROM.
    var globals: OrderedDictionary<String, ConvertedText> = [:]
    /// How many layers were made for images that COPY names.
    var imageCount = 0

    init(
        file: String, escape: Character, context: DockerContext, contextPrefix: (fromRecipe: String, fromHere: String),
        platform: Platform, baseConfig: @escaping (_ url: String, _ platform: Platform) throws -> ImageConfig?
    ) {
        self.file = file
        self.escape = escape
        self.context = context
        self.contextPrefix = contextPrefix
        self.platform = platform
        self.baseConfig = baseConfig
        table = SubstitutionTable(builtIn: [
            "STACKER_PLATFORM": "\(platform)", "STACKER_OS": platform.os, "STACKER_ARCH": platform.architecture,
            "STACKER_VARIANT": platform.variant ?? "",
        ])
    }

    /// The name that the image gets unless the Dockerfile has one.
    private static let imageVariable = "IMAGE"

    /// Converts all instructions.
    ///
    /// - Throws: a failure that lists, by line, all that can't be converted.
    mutating func convert(_ instructions: [DockerfileInstruction]) throws {
        let names = try stageNames(instructions)
        for instruction in instructions {
            do {
                try convert(instruction, names)
            } catch {
                problems.append((instruction.line, "\(instruction.keyword): \(error)"))
            }
        }
        finishStage()
        guard problems.isEmpty else {
            let list = problems.map { "\(file):\($0.line): \($0.text)" }.joined(separator: "; ")
            throw Failure("couldn't convert \(file)", because: Failure(list))
        }
        if let last = stages.last, let index = layers.lastIndex(where: { $0.name == last.name }) {
            layers[index].isBuildOnly = false
        }
        setBuildPlatforms()
    }

    /// The name of the layer that each stage becomes.
    private mutating func stageNames(_ instructions: [DockerfileInstruction]) throws -> [ConvertedText] {
        let aliases = instructions.compactMap { instruction -> (line: Int, name: String?)? in
            if case .from(_, let alias) = instruction.kind { return (instruction.line, alias) }
            return nil
        }
        guard !aliases.isEmpty else { throw Failure("\(file): there is no FROM in it") }
        var names: [ConvertedText] = []
        for (number, alias) in aliases.enumerated() {
            if let name = alias.name {
                // The one name that no layer can have.
                let layer = ConvertedText(name == RecipeParser.configKey ? "\(name)-stage" : name)
                guard !names.contains(layer) else {
                    throw Failure("\(file):\(alias.line): a second stage is called \(name)")
                }
                names.append(layer)
            } else if number == aliases.count - 1 {
                names.append(ConvertedText(reference: table.declare(Self.imageVariable, "app")))
            } else {
                names.append(ConvertedText("stage-\(number)"))
            }
        }
        return names
    }

    private mutating func convert(_ instruction: DockerfileInstruction, _ names: [ConvertedText]) throws {
        let line = instruction.line
        if case .from(let image, let alias) = instruction.kind {
            finishStage()
            return try beginStage(image, alias, instruction, name: names[stages.count])
        }
        if stages.isEmpty {
            guard case .argument(let arguments) = instruction.kind else {
                throw Failure("it stands before the first FROM")
            }
            return try declareGlobals(arguments, line)
        }
        switch instruction.kind {
        case .from: break
        case .run(let command): try run(command, instruction)
        case .copy(let files): try copy(files, instruction)
        case .add(let files): try add(files, instruction)
        case .argument(let arguments): try declare(arguments, line)
        case .environment(let pairs): try setEnvironment(pairs, line)
        case .label(let pairs):
            for pair in pairs { stage.setLabel(try expand(pair.name, line), try expand(pair.value, line)) }
        case .shell(let words): stage.shell = words
        case .workingDirectory(let path): try enter(try expand(path, line), instruction)
        case .user(let user): stage.user = try expand(user, line)
        case .volume(let paths): for path in paths { try addVolume(try expand(path, line), line) }
        case .expose(let ports): for port in ports { try expose(port, line) }
        case .stopSignal(let signal): try setStopSignal(signal, line)
        case .entrypoint(let command): stage.entrypoint = commandWords(command)
        case .command(let command): stage.command = commandWords(command)
        case .maintainer(let name):
            stage.authors = ConvertedText(name)
            note(line, "MAINTAINER is an annotation here: stacker writes the author itself")
        case .other(let text):
            let flags = instruction.flags.map { $0.written + " " }.joined()
            note(line, Self.remark(on: instruction.keyword, flags + text))
        }
    }

    /// What is said of an instruction that a recipe has no place for.
    private static func remark(on keyword: String, _ text: String) -> String {
        let why =
            switch keyword {
            case "HEALTHCHECK": "an OCI image has no health check: what runs it can be given one"
            default: "an OCI image has no triggers: write this into the Dockerfiles that build on it"
            }
        return "\(keyword) \(text): left out, \(why)"
    }

    // MARK: - Stages

    /// The stage that is being converted.
    var stage: DockerfileStage {
        get { stages[stages.count - 1] }
        set { stages[stages.count - 1] = newValue }
    }

    private mutating func beginStage(
        _ image: String, _ alias: String?, _ instruction: DockerfileInstruction, name: ConvertedText
    ) throws {
        let line = instruction.line
        // Whatever fails here, what follows belongs to this stage.
        var next = DockerfileStage(
            name: name, alias: alias, line: line, layer: ConvertedLayer(name: name, base: .scratch))
        defer { stages.append(next) }
        var notes: [String] = []
        let text = try expandGlobal(image)
        let value = table.value(of: text)
        next.knowsPlatform = text.namesPlatform
        if let number = stages.lastIndex(where: { $0.alias == value.lowercased() }) {
            let below = stages[number]
            next.inherit(below)
            next.below = number
            next.layer.base = .built(text.literal == nil ? text : below.name)
        } else if value == "scratch" {
            next.hasShell = false
            next.hasUnknownBase = false
        } else {
            next.layer.base = .docker(Self.url(of: text, value))
        }
        for flag in instruction.flags {
            guard flag.name == "platform", let value = flag.value else {
                throw Failure("unknown flag --\(flag.name)")
            }
            if let note = try setPlatform(value, of: &next) { notes.append(note) }
        }
        next.layerRange = layers.count..<layers.count
        if case .docker(let url) = next.layer.base {
            let platform = Platform(
                os: next.layer.os ?? platform.os, architecture: next.layer.architecture ?? platform.architecture)
            if let config = try baseConfig(table.value(of: url), platform) { next.begin(on: config) }
        }
        next.layer.notes = notes.map { .init(line: line, text: ConvertedText("FROM \($0)")) }
    }

    /// What the base of type `docker` is called for an image that a Dockerfile names.
    static func url(of image: ConvertedText, _ value: String) -> ConvertedText {
        // Some builders take other places than registries, too.
        value.hasPrefix("docker://") || value.hasPrefix("oci:") ? image : "docker://" + image
    }

    private mutating func finishStage() {
        guard !stages.isEmpty else { return }
        stage.applyConfig()
        finishLayer()
        stage.layerRange = stage.layerRange.lowerBound..<layers.count
    }

    /// Ends the current layer of the stage: what follows would come too early in it.
    mutating func beginLayer() {
        let done = stage.layer
        stage.chainLength += 1
        let name = stage.name + "-\(stage.chainLength)"
        stage.layer.name = name
        finishLayer()
        var next = ConvertedLayer(name: stage.name, base: .built(name))
        (next.os, next.architecture, next.binds) = (done.os, done.architecture, done.binds)
        if stage.directory != ConvertedText("/") { next.steps = [.state("cd " + stage.directory.shellWord)] }
        stage.layer = next
    }

    private mutating func finishLayer() {
        var layer = stage.layer
        layer.isBuildOnly = true
        for (line, path) in stage.unmadeDirectories where !stage.importsMake(path, table) {
            layer.notes.append(
                .init(line: line, text: "WORKDIR " + path + ": it is not made, since the image has no shell"))
        }
        stage.unmadeDirectories = []
        let script = layer.script { [stage = self.stage, table] in stage.importsMake($0, table) }
        layer.steps = script.map { [.command($0)] } ?? []
        if script != nil {
            layer.buildEnvironment = stage.variables.compactMap { name, meaning in
                if case .argument(let text) = meaning { (name, text) } else { nil }
            }
        }
        layers.append(layer)
    }

    /// Says something at the current layer.
    mutating func note(_ line: Int, _ text: String) {
        note(line, ConvertedText(text))
    }

    mutating func note(_ line: Int, _ text: ConvertedText) {
        stage.layer.notes.append(.init(line: line, text: text))
    }

    /// Says, once for all stages on a base image, what is assumed of one that could not be looked at.
    ///
    /// - Parameter onlyDirectory: whether the user does not matter.
    mutating func noteAssumptions(_ instruction: DockerfileInstruction, onlyDirectory: Bool) {
        guard stage.hasUnknownBase, !stage.hasNotedAssumptions else { return }
        var assumed: [(value: String, name: String)] = []
        if !stage.hasDirectory, stage.directory == ConvertedText("/") { assumed.append(("in /", "WORKDIR")) }
        if !onlyDirectory, stage.user == nil { assumed.append(("as root", "USER")) }
        guard !assumed.isEmpty else { return }
        stage.hasNotedAssumptions = true
        note(
            instruction.line,
            "\(instruction.keyword): \(assumed.map(\.value).joined(separator: " and ")); the base image is not here, its "
                + "\(assumed.map(\.name).joined(separator: " and ")) not known")
    }
}

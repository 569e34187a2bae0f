import Failure
import OCI
import OrderedCollections
import Recipes

// ARG and ENV, and what stands for a variable in the words of an instruction.
extension DockerfileConverter {
    mutating func declareGlobals(_ arguments: [DockerfileInstruction.Argument], _ line: Int) throws {
        for argument in arguments {
            // The builder's own, which every stage that declares it has.
            if argument.value == nil, automatic(argument.name) != nil { continue }
            let text = try argument.value.map { try expandGlobal($0) }
            globals[argument.name] = ConvertedText(reference: try declare(argument.name, text))
        }
    }

    mutating func declare(_ arguments: [DockerfileInstruction.Argument], _ line: Int) throws {
        for argument in arguments {
            // A variable of the image wins, wherever the ARG stands.
            if case .environment? = stage.variables[argument.name] { continue }
            // Stacker passes these through by itself.
            if argument.value == nil, LayerDefinition.defaultPassthrough.contains(argument.name) { continue }
            if argument.value == nil, let global = globals[argument.name] {
                stage.variables[argument.name] = .argument(global)
                continue
            }
            if argument.value == nil, let text = automatic(argument.name) {
                stage.variables[argument.name] = .argument(text)
                if text.namesPlatform { stage.knowsPlatform = true }
                continue
            }
            let text = try argument.value.map { try expand($0, line) }
            let name = try declare(argument.name, text)
            if name != argument.name {
                note(line, "ARG \(argument.name): another ARG of this name has another default: this one is \(name)")
            }
            stage.variables[argument.name] = .argument(ConvertedText(reference: name))
        }
    }

    private mutating func declare(_ name: String, _ text: ConvertedText?) throws -> String {
        guard isVariableName(name) else { throw Failure("\(quoted(name)) is not a variable's name") }
        let value = text.map { table.value(of: $0) } ?? ""
        var comment: String?
        if let text, text.literal == nil {
            let names = text.pieces.compactMap { if case .reference(let name) = $0 { name } else { nil } }
            comment = "made of the default of \(names.joined(separator: ", ")): change it with that"
        } else if text == nil, value.isEmpty {
            comment = "the Dockerfile gives no default"
        }
        return table.declare(name, value, comment: comment)
    }

    mutating func expandGlobal(_ word: String) throws -> ConvertedText {
        var expansion = WordExpansion(word, escape: escape)
        return try expansion.expanded { name, needsText in
            if let text = globals[name] {
                let isEmpty = table.value(of: text).isEmpty
                return .init(text: text, isSet: !isEmpty, isEmpty: isEmpty)
            }
            if let text = automatic(name) {
                let isEmpty = table.value(of: text).isEmpty
                return .init(text: text, isSet: !isEmpty, isEmpty: isEmpty)
            }
            guard !needsText else {
                throw Failure("$\(name) has no value here", help: "declare it before the first FROM: ARG \(name)")
            }
            return .init(text: ConvertedText(), isSet: false, isEmpty: true)
        }
    }

    /// Expands a word of the current stage.
    mutating func expand(_ word: String, _ line: Int, keepsQuotes: Bool = false) throws -> ConvertedText {
        var expansion = WordExpansion(word, escape: escape, keepsQuotes: keepsQuotes)
        return try expansion.expanded { name, needsText in
            if let meaning = stage.variables[name] {
                let isEmpty = table.value(of: meaning.text).isEmpty
                return .init(text: meaning.text, isSet: meaning.isEnvironment || !isEmpty, isEmpty: isEmpty)
            }
            guard needsText, stage.hasUnknownBase else {
                return .init(text: ConvertedText(), isSet: false, isEmpty: true)
            }
            return .init(text: fromBase(name, line), isSet: true, isEmpty: false)
        }
    }

    /// A substitution for a variable of the base image, which could not be looked at.
    private mutating func fromBase(_ name: String, _ line: Int) -> ConvertedText {
        let substitution = table.declare(
            "BASE_\(name)", name == "PATH" ? ImageConfig.Execution.standardPath : "",
            comment: "\(name) as the base image has it")
        note(line, "\(name) of the base image is not known: \(substitution) in the substitution file stands for it")
        return ConvertedText(reference: substitution)
    }

    mutating func setEnvironment(_ pairs: [DockerfileInstruction.Pair], _ line: Int) throws {
        // Each value sees the variables as they were before the instruction.
        let values = try pairs.map { (name: $0.name, value: try expand($0.value, line)) }
        for (name, value) in values {
            stage.variables[name] = .environment(value)
            stage.layer.environment[name] = value
            stage.layer.steps.append(.state("export \(name)=" + value.shellWord))
        }
    }
}

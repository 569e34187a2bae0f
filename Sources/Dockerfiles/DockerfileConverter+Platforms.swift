import Failure
import OCI

// FROM --platform, and the variables that a builder sets by itself.
extension DockerfileConverter {
    /// What stacker substitutes for the platform that is built for.
    static let targetVariables = [
        "TARGETPLATFORM": "STACKER_PLATFORM", "TARGETOS": "STACKER_OS", "TARGETARCH": "STACKER_ARCH",
        "TARGETVARIANT": "STACKER_VARIANT",
    ]

    /// The platform of the machine that builds, for which a recipe has no names of its own.
    private var buildVariables: [String: String] {
        [
            "BUILDPLATFORM": "\(platform)", "BUILDOS": platform.os, "BUILDARCH": platform.architecture,
            "BUILDVARIANT": platform.variant ?? "",
        ]
    }

    /// What an ARG without a value stands for that a builder sets by itself; `nil` for any other.
    mutating func automatic(_ name: String) -> ConvertedText? {
        if let own = Self.targetVariables[name] { return ConvertedText(reference: own) }
        return buildVariables[name].map { value in
            ConvertedText(
                reference: table.declare(name, value, comment: "of the machine that the Dockerfile was converted on"))
        }
    }

    /// Notes which platform a stage is built on.
    ///
    /// - Returns: what is to be said of it.
    /// - Throws: `Failure` for what is no platform.
    mutating func setPlatform(_ word: String, of next: inout DockerfileStage) throws -> String? {
        switch Self.variable(in: word) {
        case "BUILDPLATFORM"? where globals["BUILDPLATFORM"] == nil:
            next.isOnMachine = true
            return nil
        // Which is what it is anyway.
        case "TARGETPLATFORM"? where globals["TARGETPLATFORM"] == nil:
            next.isOnMachine = false
            return nil
        default: break
        }
        next.isOnMachine = false
        let text = try expandGlobal(word)
        let parts = table.value(of: text).split(separator: "/").map(String.init)
        guard parts.count > 1 else { throw Failure("--platform=\(word) is not OS/ARCH") }
        // It goes with what is built for.
        if text.namesPlatform { return nil }
        if parts[0] != platform.os { next.layer.os = parts[0] }
        if parts[1] != platform.architecture { next.layer.architecture = parts[1] }
        return parts.count > 2 ? "--platform: a recipe can't name the variant \(parts[2])" : nil
    }

    /// The variable that a word consists of, whatever is to stand there where it has no value.
    private static func variable(in word: String) -> String? {
        guard word.hasPrefix("$") else { return nil }
        let isBraced = word.hasPrefix("${")
        let rest = word.dropFirst(isBraced ? 2 : 1)
        let name = rest.prefix { isVariableCharacter($0, first: false) }
        let after = rest.dropFirst(name.count)
        guard isBraced ? after == "}" || after.hasPrefix(":-") || after.hasPrefix("-") : after.isEmpty else {
            return nil
        }
        return String(name)
    }

    // MARK: - When all stages are known

    /// Says of the layers of stages that are built on the machine itself that they are, and which of them are another for each
    /// platform that is built for.
    mutating func setBuildPlatforms() {
        keepImageOffMachine()
        let forEach = stagesForEach()
        for number in stages.indices {
            for place in stages[number].layerRange {
                let layer = layers[place]
                // An image as it is.
                let isSame = layer.isImageOnly && layer.base.dockerURL?.namesPlatform == false
                layers[place].buildPlatform =
                    stages[number].isOnMachine ? forEach[number] && !isSame ? .each : .machine : nil
            }
        }
    }

    /// The image itself, and what it is built on, is for the platform that is built for.
    private mutating func keepImageOffMachine() {
        var next = stages.indices.last
        while let number = next {
            let stage = stages[number]
            if stage.isOnMachine, stage.below == nil, let first = stage.layerRange.first {
                layers[first].notes.append(
                    .init(
                        line: stage.line,
                        text: ConvertedText(
                            "FROM --platform=$BUILDPLATFORM: left out, since the image is built on this stage: it is for the "
                                + "platform that is built for")))
            }
            stages[number].isOnMachine = false
            next = stage.below
        }
    }

    /// For each stage whether what it makes is another for each platform that is built for: it knows of that platform, or takes
    /// from what is built for it. What a stage takes from comes before it.
    private func stagesForEach() -> [Bool] {
        var result: [Bool] = []
        for stage in stages {
            let sources = [stage.below].compactMap(\.self) + stage.sources
            result.append(stage.knowsPlatform || sources.contains { !stages[$0].isOnMachine || result[$0] })
        }
        return result
    }
}

extension ConvertedText {
    /// Whether it is another text for another platform that is built for.
    var namesPlatform: Bool {
        pieces.contains { piece in
            if case .reference(let name) = piece {
                DockerfileConverter.targetVariables.values.contains(name)
            } else {
                false
            }
        }
    }
}

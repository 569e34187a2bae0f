import OCI
import Recipes

/// The JSON Schema of a stacker file, for editors and for whoever checks recipes without stacker.
///
/// It is made of the parser's keys. What the parser refuses for its shape it refuses, too: keys, kinds of values, what
/// must be there. What depends on more than one place, or on other files, only the parser knows.
///
/// [JSON Schema, draft 2020-12](https://json-schema.org/draft/2020-12)
package enum RecipeSchema {
    /// The schema, as JSON for people to read.
    package static func text() throws -> String { try JSON.text(schema) }

    static var schema: JSONValue {
        [
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "stacker.yaml",
            "description": "Layers, each of which becomes an image, by their names; and config.",
            "type": "object",
            "minProperties": 1,
            "propertyNames": ["pattern": .string(Shape.orPlaceholder(layerNames))],
            "properties": .object([
                RecipeParser.configKey: Shape.map(SettingKey.fields).optionalSchema.described(
                    "Settings of this file; no layer.")
            ]),
            "additionalProperties": ["$ref": "#/$defs/layer"],
            "anyOf": hasLayers,
            "$defs": [
                "layer": layer,
                "placeholder": [
                    "description": "${{NAME}} or ${{NAME:default}}, which is replaced before the file is read.",
                    "type": "string", "pattern": "\\$\\{\\{",
                ],
            ],
        ]
    }

    /// A name is one of a directory, and stands in a list that ":" divides.
    private static let layerNames = "^(?!\\.{1,2}$)[^:/]{1,200}$"

    /// A file without layers has other files to build.
    private static var hasLayers: JSONValue {
        let config = RecipeParser.configKey
        let prerequisites = SettingKey.prerequisites.rawValue
        return [
            ["minProperties": 2],
            ["not": ["required": [.string(config)]]],
            [
                "properties": .object([
                    config: [
                        "type": ["object", "string"], "required": [.string(prerequisites)],
                        "properties": .object([prerequisites: ["type": ["array", "string"], "minItems": 1]]),
                    ]
                ])
            ],
        ]
    }

    private static var layer: JSONValue {
        guard case .object(var members) = layerFields.schema, case .object(var properties)? = members["properties"]
        else {
            return true
        }
        // What the parser warns of.
        if case .object(var legacy)? = properties[LayerKey.legacyImport.rawValue] {
            legacy["deprecated"] = true
            properties[LayerKey.legacyImport.rawValue] = .object(legacy)
        }
        properties["bom"] = ["description": "Ignored: stacker makes no bill of materials.", "deprecated": true]
        members["properties"] = .object(properties)
        members["not"] = bothImports
        (members["if"], members["then"]) = (isOfBuildPlatform, isBuildOnly)
        return ["anyOf": [.object(members), ["$ref": "#/$defs/placeholder"]]]
    }

    private static var layerFields: Shape.Fields {
        // Of a system or processor the parser wants to know which, where it is asked for.
        let needsValue: [LayerKey] = [.os, .architecture]
        let known = LayerKey.allCases.map { key in
            Shape.Fields.Field(name: key.rawValue, shape: key.shape, summary: key.summary)
        }
        return Shape.Fields(
            known: known, required: [LayerKey.from.rawValue], insistent: needsValue.map(\.rawValue))
    }

    /// What is built for the machine that builds is there for other layers.
    private static var isOfBuildPlatform: JSONValue {
        let key = LayerKey.buildPlatform.rawValue
        let no: JSONValue = .array([.bool(false), .null] + Shape.words(["false", "no", "off"], "n"))
        let isNo: JSONValue = ["anyOf": [["enum": no], ["$ref": "#/$defs/placeholder"]]]
        return ["required": [.string(key)], "properties": .object([key: ["not": isNo]])]
    }

    private static var isBuildOnly: JSONValue { ["required": [.string(LayerKey.buildOnly.rawValue)]] }

    /// A layer has one of them, or the other is empty.
    private static var bothImports: JSONValue {
        let some: JSONValue = [
            "anyOf": [["type": "array", "minItems": 1], ["type": ["string", "object", "number", "boolean"]]]
        ]
        let keys = [LayerKey.imports.rawValue, LayerKey.legacyImport.rawValue]
        return [
            "required": .array(keys.map { .string($0) }),
            "properties": .object(Dictionary(keys.map { ($0, some) }) { first, _ in first }),
        ]
    }
}

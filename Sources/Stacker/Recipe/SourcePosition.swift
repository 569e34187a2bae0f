/// A place in a recipe, as an editor counts it.
public struct SourcePosition: Sendable, Hashable, CustomStringConvertible {
    /// The file, as the user named it.
    public let file: String
    /// The line, from 1.
    public let line: Int
    /// The column in Unicode scalars, from 1.
    public let column: Int

    /// Names a place.
    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `stacker.yaml:3:5`
    public var description: String { "\(file):\(line):\(column)" }
}

/// A value and where in a recipe it stands.
public struct Located<Value> {
    /// The value.
    public let value: Value
    /// Where it stands.
    public let position: SourcePosition

    /// Ties a value to its place.
    public init(_ value: Value, at position: SourcePosition) {
        self.value = value
        self.position = position
    }
}

extension Located: Sendable where Value: Sendable {}
extension Located: Equatable where Value: Equatable {}

/// Something about a recipe that the user should know and that stops nothing.
public struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
    /// Where.
    public let position: SourcePosition
    /// What, as half a sentence.
    public let message: String
    /// Whether it is about the language and not about this place, and so need be said once only.
    let isGeneral: Bool

    init(position: SourcePosition, message: String, isGeneral: Bool = false) {
        self.position = position
        self.message = message
        self.isGeneral = isGeneral
    }

    /// `stacker.yaml:3:5: message`
    public var description: String { "\(position): \(message)" }
}

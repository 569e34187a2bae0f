/// A place in a recipe, as an editor counts it.
package struct SourcePosition: Sendable, Hashable, CustomStringConvertible {
    /// The file, as the user named it.
    package let file: String
    /// The line, from 1.
    package let line: Int
    /// The column in Unicode scalars, from 1.
    package let column: Int

    /// Names a place.
    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `stacker.yaml:3:5`
    package var description: String { "\(file):\(line):\(column)" }
}

/// A value and where in a recipe it stands.
package struct Located<Value> {
    /// The value.
    package let value: Value
    /// Where it stands.
    package let position: SourcePosition

    /// Ties a value to its place.
    package init(_ value: Value, at position: SourcePosition) {
        self.value = value
        self.position = position
    }
}

extension Located: Sendable where Value: Sendable {}
extension Located: Equatable where Value: Equatable {}

/// Something about a recipe that the user should know and that stops nothing.
package struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
    /// Where.
    package let position: SourcePosition
    /// What, as half a sentence.
    package let message: String
    /// Whether it is about the language and not about this place, and so need be said once only.
    package let isGeneral: Bool

    /// Says something of a place.
    package init(position: SourcePosition, message: String, isGeneral: Bool = false) {
        self.position = position
        self.message = message
        self.isGeneral = isGeneral
    }

    /// `stacker.yaml:3:5: message`
    package var description: String { "\(position): \(message)" }
}

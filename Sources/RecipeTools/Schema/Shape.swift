/// What a value of a recipe can look like, before anybody asks what it means.
///
/// YAML's own types hardly count, since the parser takes every scalar as the text that was written, and a loader of an
/// editor makes a number of `1.10`. A placeholder, `${{NAME}}`, can stand for whatever it likes, everywhere.
indirect enum Shape: Sendable {
    /// Any scalar, nothing at all too.
    case text
    /// A scalar that isn't empty.
    case someText
    /// A text in which a regular expression finds something; where it may be a number, too, that is let through.
    case matching(String, orNumber: Bool = false)
    /// One of these texts, and no other.
    case choice([String])
    /// A truth value of YAML 1.1.
    case truth
    /// A whole number, from 0 to this.
    case number(upTo: Int64)
    /// A whole number as digits alone.
    case whole(ClosedRange<Int64>)
    /// A list that begins with a text in which a regular expression finds something.
    case words(first: String)
    /// Permission bits: octal.
    case mode
    /// A list of values.
    case list(Shape)
    /// Values of several kinds.
    case either([Shape])
    /// A map with these keys.
    case map(Fields)
    /// A map of names to texts; each name matches this.
    case texts(names: String?)

    /// The keys of a map.
    struct Fields: Sendable {
        /// One key.
        struct Field: Sendable {
            let name: String
            let shape: Shape
            /// What it is for, in a sentence.
            let summary: String
        }

        /// The keys that the parser knows.
        var known: [Field]
        /// Those without which the map is refused.
        var required: [String] = []
        /// Those that must have a value where they are.
        var insistent: [String] = []
        /// Names, in small letters, that are refused; `nil`: all that are unknown.
        var refused: [String]?
        /// What must hold where a key has a value: the key, the value, and the shapes of other keys, which are required.
        var conditions: [(key: String, value: String, then: [(key: String, shape: Shape)])] = []
    }
}

extension Shape {
    /// A command or a script: its words or lines, or one text.
    static let lines = either([.text, .list(.text)])
    /// A path in the container.
    static let absolutePath = matching("^/")
    /// A list of texts.
    static let someTexts = list(.someText)
}

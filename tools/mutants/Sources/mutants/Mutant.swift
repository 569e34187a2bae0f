/// A small fault, which is in the program beside what is right, and takes its place in a run that asks for its number.
struct Mutant {
    let number: Int
    /// What was done, of a short list: `negated`, `swapped`.
    let kind: String
    /// The code as it is, and as the fault has it, in one line each.
    let was: String
    let now: String
    /// Where it is in the file, in bytes, and in which declaration.
    let place: Range<Int>
    let scope: Range<Int>
    let edits: [Edit]
}

/// What becomes of a piece of the text. Edits lie beside each other or in each other.
enum Edit {
    /// Text before and behind it. What is in the range may be edited in turn.
    case wrap(Range<Int>, before: String, behind: String)
    /// Other text in its place.
    case replace(Range<Int>, with: String)
    /// Text at a place.
    case insert(Int, String)
}

/// How much a test repeats what it does: all of it in a release build, which `make test` makes; less in a debug build,
/// where each takes many times as long. What it asserts is the same. The number is an argument of the test where it can
/// be one: a run prints its arguments, and so says what it did.
package enum Effort {
    /// Of `all` repetitions those that this build does: in a debug build a tenth of them, and at least `least`.
    package static func repetitions(_ all: Int, atLeast least: Int = 1) -> Int {
        #if DEBUG
            max(least, all / 10)
        #else
            all
        #endif
    }

    /// Of `all` cases those that this build tries: in a debug build the first, the last, and some between them.
    package static func some(of all: ClosedRange<Int>) -> [Int] {
        #if DEBUG
            Array(stride(from: all.lowerBound, to: all.upperBound, by: 10)) + [all.upperBound]
        #else
            Array(all)
        #endif
    }
}

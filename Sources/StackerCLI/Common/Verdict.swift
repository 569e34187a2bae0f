import Failure

/// What a command was asked to find out, where that is said as errors are, and is none: status 1, whatever it has for trouble.
struct Verdict: Error {
    let failure: Failure
}

import Synchronization

/// So much of something that all layers share, to be had beyond what each has of its own. Nobody waits for it.
package final class Allowance: Sendable {
    private let left: Atomic<Int>

    init(_ amount: Int) { left = Atomic(amount) }

    /// How much there is.
    var rest: Int { left.load(ordering: .relaxed) }

    /// Takes as much as there is, at most `amount`.
    ///
    /// - Returns: how much was taken, which is to be given back.
    package func take(atMost amount: Int) -> Int {
        var rest = left.load(ordering: .relaxed)
        while true {
            let taken = max(0, min(rest, amount))
            let (isExchanged, found) = left.compareExchange(
                expected: rest, desired: rest - taken, ordering: .acquiringAndReleasing)
            if isExchanged { return taken }
            rest = found
        }
    }

    /// Takes all of `amount`, or nothing.
    package func take(_ amount: Int) -> Bool {
        let taken = take(atMost: amount)
        if taken == amount { return true }
        give(taken)
        return false
    }

    /// Gives back what was taken.
    package func give(_ amount: Int) { left.add(amount, ordering: .acquiringAndReleasing) }
}

/// A part of an allowance, given back with its owner.
final class Loan: Sendable {
    /// How much it is.
    let amount: Int
    private let allowance: Allowance

    /// Takes as much as there is, at most `most`.
    init(atMost most: Int, of allowance: Allowance) {
        self.allowance = allowance
        amount = allowance.take(atMost: most)
    }

    deinit { allowance.give(amount) }
}

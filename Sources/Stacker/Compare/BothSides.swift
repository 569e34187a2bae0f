import Dispatch
import Synchronization

/// What both sides of a comparison have of one kind.
struct BothSides<Value> {
    var a: Value
    var b: Value

    init(_ a: Value, _ b: Value) { (self.a, self.b) = (a, b) }

    func map<Result>(_ transform: (Value) throws -> Result) rethrows -> BothSides<Result> {
        BothSides<Result>(try transform(a), try transform(b))
    }
}

extension BothSides: Sendable where Value: Sendable {}
extension BothSides: Equatable where Value: Equatable {}

extension BothSides: Encodable where Value: Encodable {
    private enum CodingKeys: CodingKey { case a, b }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(a, forKey: .a)
        try members.encode(b, forKey: .b)
    }
}

extension BothSides where Value: Sendable {
    /// Does the same with both at a time, each in a thread of its own. Of two failures that of the first counts.
    func mapAtOnce<Result: Sendable>(
        _ transform: @escaping @Sendable (Value) throws -> Result
    ) throws -> BothSides<Result> {
        let running = DispatchGroup()
        let (outcome, value) = (Outcome<Result>(), b)
        // A queue of its own has a thread at once, where the global ones wait while all processors are at work.
        DispatchQueue(label: "compare").async(group: running) {
            outcome.set(Swift.Result { try transform(value) })
        }
        let first = Swift.Result { try transform(a) }
        running.wait()
        return BothSides<Result>(try first.get(), try outcome.get())
    }
}

private final class Outcome<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)

    func set(_ result: Result<Value, any Error>) { self.result.withLock { $0 = result } }

    func get() throws -> Value {
        guard let result = result.withLock({ $0 }) else { throw CancellationError() }
        return try result.get()
    }
}

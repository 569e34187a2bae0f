import Failure
import OCI
import Synchronization
import SystemPackage

/// Reads a blob and lets `verify` have the last word: damage is only the consequence, if the blob is another one than it
/// should be.
///
/// - Parameter isInterrupted: whether a failure of `body` is the caller's own.
func verifyingBlob<Result>(
    _ verify: () throws -> Void, unless isInterrupted: () -> Bool, _ body: () throws -> Result
) throws -> Result {
    let result: Result
    do {
        result = try body()
    } catch let failure as Failure where failure.mayBeDamage && !isInterrupted() {
        try verify()
        throw failure
    }
    try verify()
    return result
}

/// Compares what a blob was uncompressed with what an image config says of it.
///
/// - Parameter wanted: `nil` if it says nothing.
func refuseOtherContent(_ found: Digest, than wanted: Digest?) throws {
    guard let wanted, found != wanted else { return }
    throw Failure("its content has digest \(found), but the image config says \(wanted)")
}

extension Failure {
    /// Whether it may come of a blob that is not the one that was asked for: of its content, or of what that asks for.
    fileprivate var mayBeDamage: Bool { errno == nil || errno == .noSpace }
}

/// Tells an error of the caller's checkpoint, or of what else the caller does, from one of the blob.
final class Interruption: Sendable {
    private let check: @Sendable () throws -> Void
    private let flag = Atomic(false)

    init(_ check: @escaping @Sendable () throws -> Void) {
        self.check = check
    }

    var happened: Bool { flag.load(ordering: .relaxed) }

    @Sendable func checkpoint() throws { try interruptible(check) }

    /// Does something of the caller's.
    func interruptible(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch {
            flag.store(true, ordering: .relaxed)
            throw error
        }
    }
}

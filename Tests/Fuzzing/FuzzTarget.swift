import Failure

/// A reader of what others wrote, for `make fuzz TARGET=name`, and for the tests, which give it its seeds.
package struct FuzzTarget: Sendable {
    /// What it is called on the command line.
    package let name: String
    /// Well-formed inputs, which the reader takes: what all mutations begin with. What is refused early shows nothing of the rest.
    package let seeds: @Sendable () throws -> [[UInt8]]
    /// Inputs that once broke something.
    package let findings: [[UInt8]]
    /// Reads an input. A `Failure` is an answer; ``Finding`` says that a promise was broken.
    fileprivate let read: @Sendable ([UInt8]) throws -> Void

    /// Something that no input may bring about.
    package struct Finding: Error, CustomStringConvertible {
        package let description: String
    }

    init(
        _ name: String, seeds: @escaping @Sendable () throws -> [[UInt8]], findings: [[UInt8]] = [],
        read: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        (self.name, self.seeds, self.findings, self.read) = (name, seeds, findings, read)
    }

    /// A target of which all inputs are text.
    init(
        _ name: String, texts: [String], findings: [String] = [], read: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.init(name, seeds: { texts.map { Array($0.utf8) } }, findings: findings.map { Array($0.utf8) }, read: read)
    }

    /// All of them.
    package static let all: [FuzzTarget] = [
        .recipe, .dockerfile, .documents, .answers, .credentials, .sharedEntry, .tar, .squashfs, .erofs,
    ]

    /// Reads an input and says what was wrong with that.
    ///
    /// - Returns: Nothing if the input was read, or refused in words.
    package func problem(with input: [UInt8]) -> String? {
        do {
            try read(input)
        } catch let failure as Failure {
            return failure.description.isEmpty ? "a failure without a word" : nil
        } catch let finding as Finding {
            return finding.description
        } catch {
            return "not a Failure: \(type(of: error)) \(error)"
        }
        return nil
    }
}

extension FuzzTarget {
    /// Why an input is refused; `nil` if it is read.
    package func refusal(of input: [UInt8]) -> String? {
        do {
            try read(input)
            return nil
        } catch {
            return "\(error)"
        }
    }
}

/// Runs `body`, which must not refuse what another reader has taken.
func mustSucceed<Result>(_ what: String, _ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch {
        throw FuzzTarget.Finding(description: "\(what): \(error)")
    }
}

/// - Throws: ``FuzzTarget/Finding`` if it is not so.
func mustHold(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    guard condition else { throw FuzzTarget.Finding(description: what()) }
}

import SwiftSyntax

/// Arguments that have each other's place. Whether they are of one type is the compiler's to say: what it refuses is left out.
extension Collector {
    func noteSwaps(of call: FunctionCallExprSyntax) {
        let arguments = Array(call.arguments)
        for (first, second) in zip(arguments, arguments.dropFirst()) {
            let (one, other) = (first.expression, second.expression)
            let (text, otherText) = (one.trimmedDescription, other.trimmedDescription)
            guard one.isPlain, other.isPlain, text != otherText else { continue }
            let was = call.trimmedDescription
            let now = "\(first.labelText)\(otherText), \(second.labelText)\(text)"
            note("swapped", at: call, was: was, now: "\(call.calledExpression.trimmedDescription)(... \(now) ...)") {
                [
                    .wrap(one.range, before: "mutantEither(\($0), ", behind: ", \(otherText))"),
                    .wrap(other.range, before: "mutantEither(\($0), ", behind: ", \(text))"),
                ]
            }
        }
    }
}

extension LabeledExprSyntax {
    fileprivate var labelText: String { label.map { "\($0.text): " } ?? "" }
}

extension ExprSyntax {
    /// Whether it is a name, or a name's member: to compute it twice changes nothing.
    fileprivate var isPlain: Bool {
        if let member = self.as(MemberAccessExprSyntax.self) {
            return member.base.map { $0.isPlain || $0.trimmedDescription == "self" } ?? false
        }
        guard let name = self.as(DeclReferenceExprSyntax.self), name.baseName.tokenKind != .keyword(.self) else {
            return false
        }
        return name.baseName.text.first?.isLowercase ?? false
    }
}

import SwiftSyntax

/// Conditions that are the other way round, and bounds that are one off.
extension Collector {
    func noteCondition(_ node: ConditionElementSyntax) {
        switch node.condition {
        case .expression(let expression) where !expression.is(BooleanLiteralExprSyntax.self):
            noteNegation(of: expression)
        case .optionalBinding, .matchingPattern:
            let text = node.condition.trimmedDescription
            note("unmatched", at: node, was: text, now: "false, " + text) {
                [.insert(node.range.lowerBound, "!mutant(\($0)), ")]
            }
        default:
            break
        }
    }

    /// A Bool that is the other. Of `a && b` it is each side's, which `noteOperator` sees to.
    func noteNegation(of expression: ExprSyntax, kind: String = "negated") {
        if let infix = expression.as(InfixOperatorExprSyntax.self),
            ["&&", "||"].contains(infix.operator.trimmedDescription)
        {
            return
        }
        guard negated.insert(expression.range).inserted else { return }
        let text = expression.trimmedDescription
        note(kind, at: expression, was: text, now: Self.opposite(of: expression)) {
            [.wrap(expression.range, before: "mutantNot(\($0), ", behind: ")")]
        }
    }

    private static func opposite(of expression: ExprSyntax) -> String {
        let text = expression.trimmedDescription
        if let literal = expression.as(BooleanLiteralExprSyntax.self) {
            return literal.literal.text == "true" ? "false" : "true"
        }
        if let prefix = expression.as(PrefixOperatorExprSyntax.self), prefix.operator.text == "!" {
            return prefix.expression.trimmedDescription
        }
        if expression.is(InfixOperatorExprSyntax.self) || expression.is(TryExprSyntax.self) { return "!(\(text))" }
        return "!\(text)"
    }

    func noteOperator(_ name: String, in node: InfixOperatorExprSyntax) {
        switch name {
        case "&&", "||":
            noteReplaced(by: name == "&&" ? "||" : "&&", form: name == "&&" ? "mutantAnd" : "mutantOr", in: node)
            noteNegation(of: node.leftOperand)
            noteNegation(of: node.rightOperand)
        case "==", "!=":
            noteNegation(of: ExprSyntax(node))
        case "<", "<=", ">", ">=":
            let other = ["<": "<=", "<=": "<", ">": ">=", ">=": ">"][name] ?? name
            let form =
                ["<": "mutantLess", "<=": "mutantAtMost", ">": "mutantMore", ">=": "mutantAtLeast"][name] ?? name
            // First what is outside.
            noteNegation(of: ExprSyntax(node))
            noteReplaced(by: other, form: form, in: node)
        case "..<", "...":
            let bound = node.rightOperand
            note("off by one", at: bound, was: node.trimmedDescription, now: "\(node.trimmedDescription) - 1") {
                [.wrap(bound.range, before: "mutantOneLess(\($0), ", behind: ")")]
            }
        case "-":
            noteReplaced(by: "+", form: "mutantMinus", in: node)
        case "+" where node.leftOperand.isAmount || node.rightOperand.isAmount:
            noteReplaced(by: "-", form: "mutantPlus", in: node)
        default:
            break
        }
    }

    /// `a < b` becomes `form(number, a, b)`.
    private func noteReplaced(by other: String, form: String, in node: InfixOperatorExprSyntax) {
        let left = node.leftOperand.trimmedDescription
        let right = node.rightOperand.trimmedDescription
        let kind = ["&&", "||"].contains(other) ? "connected" : ["+", "-"].contains(other) ? "arithmetic" : "boundary"
        note(kind, at: node, was: node.trimmedDescription, now: "\(left) \(other) \(right)") {
            [
                .wrap(node.range, before: "\(form)(\($0), ", behind: ")"),
                .replace(node.operator.range, with: ","),
            ]
        }
    }

    func noteConstant(_ node: IntegerLiteralExprSyntax) {
        // A bound of a range is off by one already, and a long expression is work enough for the type checker.
        if let infix = node.parent?.as(InfixOperatorExprSyntax.self), infix.rightOperand.id == ExprSyntax(node).id,
            ["..<", "..."].contains(infix.operator.trimmedDescription)
        {
            return
        }
        guard Syntax(node).operatorsAround <= 4 else { return }
        note("constant", at: node, was: node.literal.text, now: "\(node.literal.text) + 1") {
            [.wrap(node.range, before: "mutantOneMore(\($0), ", behind: ")")]
        }
    }
}

extension ExprSyntax {
    /// Whether its name says that it is a number.
    fileprivate var isAmount: Bool {
        let name = trimmedDescription.lowercased()
        return ["count", "size", "offset", "length", "index", "position", "start", "bytes"].contains {
            name.hasSuffix($0)
        }
    }
}

extension Syntax {
    /// How many operators the whole expression has that it is a part of.
    fileprivate var operatorsAround: Int {
        var top = self
        while let parent = top.parent, parent.is(ExprSyntax.self) { top = parent }
        return top.tokens(viewMode: .sourceAccurate).count { $0.tokenKind.isOperator }
    }
}

extension TokenKind {
    fileprivate var isOperator: Bool {
        switch self {
        case .binaryOperator, .prefixOperator: true
        default: false
        }
    }
}

import SwiftSyntax

/// Statements that are not done, errors that are not seen, functions that return at once.
extension Collector {
    func noteStatement(_ node: CodeBlockItemSyntax) {
        guard case .expr(let expression) = node.item, node.isNoValue else { return }
        let text = expression.trimmedDescription
        let inner = expression.as(TryExprSyntax.self)?.expression ?? expression
        guard let done = Done(inner) else { return }
        if case .call(let name) = done, Self.unworthy.contains(name) { return }
        note("dropped", at: expression, was: text, now: "(nothing)") {
            [.wrap(expression.range, before: "if !mutant(\($0)) { ", behind: " }")]
        }
        if case .call = done, let attempt = expression.as(TryExprSyntax.self), attempt.questionOrExclamationMark == nil
        {
            let tried = attempt.expression.trimmedDescription
            note("unseen error", at: expression, was: text, now: "try? \(tried)") {
                [.wrap(expression.range, before: "if mutant(\($0)) { _ = try? \(tried) } else { ", behind: " }")]
            }
        }
    }

    /// What ends the program, is no statement that can go, or only checks.
    private static let unworthy: Set = [
        "fatalError", "preconditionFailure", "exit", "_exit", "abort", "precondition", "assert", "super.init",
        "self.init",
    ]

    /// What a statement does that can be left out.
    private enum Done {
        case call(String)
        case assignment

        init?(_ expression: ExprSyntax) {
            if let call = expression.as(FunctionCallExprSyntax.self) {
                self = .call(call.calledExpression.trimmedDescription)
            } else if let infix = expression.as(InfixOperatorExprSyntax.self) {
                if infix.operator.is(AssignmentExprSyntax.self) {
                    // A variable that is only declared must get its value; members do in initialisers.
                    guard
                        infix.leftOperand.is(MemberAccessExprSyntax.self)
                            || infix.leftOperand.is(SubscriptCallExprSyntax.self),
                        !Syntax(infix).isInInitializer
                    else { return nil }
                } else {
                    let name = infix.operator.trimmedDescription
                    guard name.hasSuffix("="), !["==", "!=", "<=", ">="].contains(name) else { return nil }
                }
                self = .assignment
            } else {
                return nil
            }
        }
    }

    /// A function that returns something legal at once.
    func noteEarlyReturn(of type: TypeSyntax?, in statements: CodeBlockItemListSyntax, behind brace: TokenSyntax) {
        guard let first = statements.first else { return }
        let values = Self.easyValues(of: type)
        var behind = ""
        if statements.count == 1 {
            // What is left out of one statement, or negated in it, is the same.
            guard type != nil, values != ["true", "false"], case .expr = first.item else { return }
            behind = "return "
        }
        for value in values {
            let words = value.isEmpty ? "return" : "return \(value)"
            note("early return", at: first, was: first.trimmedDescription, now: "\(words); \(first.trimmedDescription)")
            {
                [.insert(brace.range.upperBound, " if mutant(\($0)) { \(words) }; ")]
                    + (behind.isEmpty ? [] : [.insert(first.range.lowerBound, value == values.first ? behind : "")])
            }
        }
    }

    private static func easyValues(of type: TypeSyntax?) -> [String] {
        guard let type else { return [""] }
        if type.is(OptionalTypeSyntax.self) { return ["nil"] }
        if type.is(ArrayTypeSyntax.self) { return ["[]"] }
        if type.is(DictionaryTypeSyntax.self) { return ["[:]"] }
        switch type.trimmedDescription {
        case "Void", "()": return [""]
        case "Bool": return ["true", "false"]
        case "String": return ["\"\""]
        case "Int", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "CInt": return ["0"]
        default: return []
        }
    }
}

extension CodeBlockItemSyntax {
    /// Whether nothing is made of its value: it isn't what a closure or a function of one statement returns.
    fileprivate var isNoValue: Bool {
        guard let list = parent?.as(CodeBlockItemListSyntax.self) else { return false }
        if list.count > 1 { return true }
        guard let block = list.parent else { return false }
        if block.is(SwitchCaseSyntax.self) {
            return block.ancestor(SwitchExprSyntax.self)?.isStatement ?? false
        }
        guard block.is(CodeBlockSyntax.self), let owner = block.parent else { return block.is(SourceFileSyntax.self) }
        if let function = owner.as(FunctionDeclSyntax.self) {
            let type = function.signature.returnClause?.type.trimmedDescription
            return type == nil || type == "Void"
        }
        if let accessor = owner.as(AccessorDeclSyntax.self) { return accessor.accessorSpecifier.text != "get" }
        if let condition = owner.as(IfExprSyntax.self) { return condition.isStatement }
        return !owner.is(ClosureExprSyntax.self)
    }
}

extension ExprSyntaxProtocol {
    /// Whether an `if` or a `switch` stands for itself.
    fileprivate var isStatement: Bool {
        guard let parent else { return false }
        if let outer = parent.as(IfExprSyntax.self) { return outer.isStatement }
        if let statement = parent.as(ExpressionStmtSyntax.self) {
            return statement.parent?.as(CodeBlockItemSyntax.self)?.isNoValue ?? false
        }
        return parent.as(CodeBlockItemSyntax.self)?.isNoValue ?? false
    }
}

extension SyntaxProtocol {
    fileprivate func ancestor<Kind: SyntaxProtocol>(_: Kind.Type) -> Kind? {
        var node = parent
        while let each = node {
            if let found = each.as(Kind.self) { return found }
            node = each.parent
        }
        return nil
    }
}

extension Syntax {
    fileprivate var isInInitializer: Bool { ancestor(InitializerDeclSyntax.self) != nil }
}

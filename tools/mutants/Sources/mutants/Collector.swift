import SwiftOperators
import SwiftParser
import SwiftSyntax

/// Goes through a file and notes the faults that could be in it. What each kind is made of stands in the extensions.
///
/// A fault has to be of the type of what it replaces, and must not be work for the type checker: so values go through
/// functions (`forms/Forms.swift`) with few types or one, and statements into an `if`.
final class Collector: SyntaxVisitor {
    private(set) var mutants: [Mutant] = []
    private var next: Int
    /// Places at which there is a negation already: a comparison that is a condition is found twice.
    var negated: Set<Range<Int>> = []

    init(numberedFrom first: Int) {
        next = first
        super.init(viewMode: .sourceAccurate)
    }

    /// The mutants of a file.
    static func collect(from source: String, numberedFrom first: Int) -> [Mutant] {
        let collector = Collector(numberedFrom: first)
        let tree = OperatorTable.standardOperators.foldAll(Parser.parse(source: source)) { _ in }
        collector.walk(tree)
        return collector.mutants
    }

    /// Notes a fault, whose edits are made of its number.
    func note(_ kind: String, at node: some SyntaxProtocol, was: String, now: String, _ edits: (Int) -> [Edit]) {
        mutants.append(
            Mutant(
                number: next, kind: kind, was: was.inOneLine, now: now.inOneLine, place: node.range,
                scope: Syntax(node).scope, edits: edits(next)))
        next += 1
    }

    // What is no expression that is computed when the program runs.

    override func visit(_ node: AttributeSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_ node: ImportDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_ node: InheritanceClauseSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_ node: AvailabilityConditionSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_ node: EnumCaseDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_ node: ExpressionPatternSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_ node: MacroExpansionExprSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_ node: TypeAnnotationSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_ node: GenericArgumentClauseSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_ node: IfConfigClauseSyntax) -> SyntaxVisitorContinueKind {
        if let elements = node.elements { walk(elements) }
        return .skipChildren
    }

    override func visit(_ node: ConditionElementSyntax) -> SyntaxVisitorContinueKind {
        noteCondition(node)
        return .visitChildren
    }

    override func visit(_ node: TernaryExprSyntax) -> SyntaxVisitorContinueKind {
        noteNegation(of: node.condition)
        return .visitChildren
    }

    override func visit(_ node: InfixOperatorExprSyntax) -> SyntaxVisitorContinueKind {
        if let name = node.operator.as(BinaryOperatorExprSyntax.self)?.operator.text {
            noteOperator(name, in: node)
        }
        return .visitChildren
    }

    override func visit(_ node: IntegerLiteralExprSyntax) -> SyntaxVisitorContinueKind {
        noteConstant(node)
        return .visitChildren
    }

    override func visit(_ node: BooleanLiteralExprSyntax) -> SyntaxVisitorContinueKind {
        // The compiler knows that `while true` doesn't end by itself.
        if node.parent?.is(ConditionElementSyntax.self) == true { return .skipChildren }
        noteNegation(of: ExprSyntax(node), kind: "constant")
        return .visitChildren
    }

    override func visit(_ node: FunctionCallExprSyntax) -> SyntaxVisitorContinueKind {
        noteSwaps(of: node)
        return .visitChildren
    }

    override func visit(_ node: CodeBlockItemSyntax) -> SyntaxVisitorContinueKind {
        noteStatement(node)
        return .visitChildren
    }

    override func visit(_ node: FunctionDeclSyntax) -> SyntaxVisitorContinueKind {
        if let body = node.body, !node.name.text.isEmpty {
            noteEarlyReturn(of: node.signature.returnClause?.type, in: body.statements, behind: body.leftBrace)
        }
        return .visitChildren
    }

    override func visit(_ node: PatternBindingSyntax) -> SyntaxVisitorContinueKind {
        if let block = node.accessorBlock, case .getter(let statements) = block.accessors,
            let type = node.typeAnnotation
        {
            noteEarlyReturn(of: type.type, in: statements, behind: block.leftBrace)
        }
        return .visitChildren
    }
}

extension SyntaxProtocol {
    /// Where it is, without what stands around it.
    var range: Range<Int> {
        positionAfterSkippingLeadingTrivia.utf8Offset..<endPositionBeforeTrailingTrivia.utf8Offset
    }
}

extension Syntax {
    /// The function, property or type that it is in.
    fileprivate var scope: Range<Int> {
        var node = self
        while let parent = node.parent {
            node = parent
            if node.is(FunctionDeclSyntax.self) || node.is(InitializerDeclSyntax.self)
                || node.is(VariableDeclSyntax.self),
                node.parent?.is(CodeBlockItemSyntax.self) != true || node.is(FunctionDeclSyntax.self)
            {
                return node.range
            }
        }
        return node.range
    }
}

extension String {
    /// Without line ends and what indents, and not longer than a line.
    fileprivate var inOneLine: String {
        let words = split { $0 == " " || $0.isNewline }.joined(separator: " ")
        return words.count <= 100 ? words : words.prefix(97) + "..."
    }
}

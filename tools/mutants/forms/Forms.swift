// What mutants are made of; `make mutants` adds this file to each target that it changes.

import CMutants

@inline(__always) func mutant(_ number: Int) -> Bool { CMutants.is_mutant(Int32(number)) }

@inline(__always) func mutantNot(_ number: Int, _ value: Bool) -> Bool { mutant(number) != value }

@inline(__always) func mutantAnd(_ number: Int, _ a: Bool, _ b: @autoclosure () throws -> Bool) rethrows -> Bool {
    if mutant(number) { a ? true : try b() } else { a ? try b() : false }
}

@inline(__always) func mutantOr(_ number: Int, _ a: Bool, _ b: @autoclosure () throws -> Bool) rethrows -> Bool {
    if mutant(number) { a ? try b() : false } else { a ? true : try b() }
}

@inline(__always) func mutantLess<T: Comparable>(_ number: Int, _ a: T, _ b: T) -> Bool {
    mutant(number) ? a <= b : a < b
}
@inline(__always) func mutantAtMost<T: Comparable>(_ number: Int, _ a: T, _ b: T) -> Bool {
    mutant(number) ? a < b : a <= b
}
@inline(__always) func mutantMore<T: Comparable>(_ number: Int, _ a: T, _ b: T) -> Bool {
    mutant(number) ? a >= b : a > b
}
@inline(__always) func mutantAtLeast<T: Comparable>(_ number: Int, _ a: T, _ b: T) -> Bool {
    mutant(number) ? a > b : a >= b
}

@inline(__always) func mutantMinus<T: AdditiveArithmetic>(_ number: Int, _ a: T, _ b: T) -> T {
    mutant(number) ? a + b : a - b
}
@inline(__always) func mutantPlus<T: AdditiveArithmetic>(_ number: Int, _ a: T, _ b: T) -> T {
    mutant(number) ? a - b : a + b
}

@inline(__always) func mutantOneMore<T: BinaryInteger>(_ number: Int, _ value: T) -> T {
    mutant(number) ? value + 1 : value
}
@inline(__always) func mutantOneLess<T: BinaryInteger>(_ number: Int, _ value: T) -> T {
    mutant(number) ? value - 1 : value
}

@inline(__always) func mutantEither<T>(_ number: Int, _ value: T, _ other: T) -> T { mutant(number) ? other : value }

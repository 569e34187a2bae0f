struct ScriptRun { let layer: LayerDefinition
    let recipe: Recipe
    let directories: StackerDirectories
    let storage: LayerDirectory
    let log: Log
    func run(_ script: Script, on stack: LayerStack, baseEnvironment: [String]) throws {} }

/// In which words a plan is written.
package enum PlanFormat: String, Sendable, CaseIterable {
    /// For people.
    case text
    /// For programs; docs/plan.schema.json says what is in it.
    case json
    /// A picture, by [Graphviz](https://graphviz.org/doc/info/lang.html).
    case dot
    /// A [Makefile](https://www.gnu.org/software/make/manual/), for one machine.
    case make
    /// A script that submits to [Slurm](https://slurm.schedmd.com/sbatch.html).
    case slurm
    /// A child pipeline of [GitLab CI](https://docs.gitlab.com/ci/yaml/).
    case gitlab
    /// A Workflow for [Argo](https://argo-workflows.readthedocs.io/en/latest/fields/).
    case argo
    /// Matrices for [GitHub Actions](https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax).
    case github

    /// Whether it is run by an engine, whose jobs have directories of their own.
    package var isForEngine: Bool {
        switch self {
        case .text, .json, .dot: false
        case .make, .slurm, .gitlab, .argo, .github: true
        }
    }
}

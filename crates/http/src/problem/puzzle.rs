use serde::Serialize;
use utoipa::ToSchema;

/// A puzzle whose answer, in the header `X-Puzzle-Answer`, lets the same request through.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Puzzle)]
pub struct PuzzleView {
    /// How it is solved: `sha256`, or the name of a provider.
    #[schema(example = "sha256")]
    pub kind: String,
    /// The puzzle.
    #[schema(example = "pz1.20.1767225600.0123456789abcdef.…")]
    pub text: String,
}

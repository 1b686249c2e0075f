"""LaTeX inline: a run of LaTeX in, the same text as characters with `^{…}` and `_{…}` around scripts out."""

from __future__ import annotations

import re

_SYMBOLS = {
    "times": "×", "cdot": "·", "pm": "±", "mp": "∓", "approx": "≈", "sim": "∼", "simeq": "≃", "leq": "≤", "le": "≤",
    "geq": "≥", "ge": "≥", "ll": "≪", "gg": "≫", "degree": "°", "circ": "°", "AA": "Å", "angstrom": "Å", "micro": "μ",
    "ohm": "Ω", "percent": "%", "celsius": "°C", "prime": "′", "infty": "∞", "rightarrow": "→", "to": "→", "ldots": "…",
    "dots": "…", "quad": " ", "qquad": " ", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε",
    "varepsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν",
    "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ",
    "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ",
    "Omega": "Ω", "hbar": "ħ", "ell": "ℓ", "textmu": "μ", "textdegree": "°", "textohm": "Ω", "textpm": "±",
    "textperiodcentered": "·", "bullet": "•", "dag": "†", "dagger": "†", "ddag": "‡", "ast": "*", "textendash": "–",
    "newline": " ", "linebreak": " ", "par": " ",
}  # fmt: skip
_DROPPED = (
    "cite", "citep", "citet", "citenum", "onlinecite", "ref", "eqref", "label", "footnote", "tnote", "tablefootnote",
    "vspace", "hspace", "cellcolor", "rowcolor", "color", "includegraphics", "centering", "footnotemark",
)  # fmt: skip
_COMMENT = re.compile(r"(?<!\\)%.*")
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?\s?")
_DROP = re.compile(r"\\(?:" + "|".join(_DROPPED) + r")\*?(?:\[[^\]]*\])?\{[^{}]*\}")
_QUANTITY = re.compile(r"\\(?:SI|qty)(?:\[[^\]]*\])?\{([^{}]*)\}\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
_NUMBER = re.compile(r"\\(?:num|si|unit)(?:\[[^\]]*\])?\{([^{}]*)\}")
_CHEMICAL = re.compile(r"\\ce\{([^{}]*)\}")
_SUBSCRIPT = re.compile(r"(?<=[A-Za-z)\]])(\d+(?:\.\d+)?)")
_SCRIPT = re.compile(r"([_^])\s*(?:\{((?:[^{}]|\{[^{}]*\})*)\}|(\\[A-Za-z]+|[^\s{}\\\ue000]))")
_SPACES = {"\\,": "\N{THIN SPACE}", "\\;": " ", "\\:": " ", "\\!": "", "\\ ": " ", "~": "\N{NO-BREAK SPACE}"}
_ESCAPED = re.compile(r"\\([%&#_${}])")
_KEPT = "\ue000"  # stands for a brace of a script while the braces of groups are taken away
_END = "\ue001"
_OF_SIUNITX = {"per": "/", "squared": "^{2}", "cubed": "^{3}", "milli": "m", "kilo": "k", "mega": "M", "giga": "G"}
_DEGREE = re.compile(rf"[_^]{_KEPT}°{_END}")
_MATH_MINUS = re.compile(r"(?<=[\s({=^])-(?=\s?[\d.])|^-(?=\s?[\d.])")


def inline_text(source: str) -> str:
    """Return the markup of a run of LaTeX: no commands, no groups, scripts marked."""
    text = _COMMENT.sub("", source)
    text = _QUANTITY.sub(lambda found: f"{found[1]} {_siunitx(found[2])}", text)
    text = _NUMBER.sub(lambda found: _siunitx(found[1]), text)
    text = _CHEMICAL.sub(lambda found: _SUBSCRIPT.sub(r"_{\1}", found[1]), text)
    text = _DROP.sub("", text)
    for written, space in _SPACES.items():
        text = text.replace(written, space)
    text = _COMMAND.sub(lambda found: _SYMBOLS.get(found[1], ""), _scripts(text))
    text = _ESCAPED.sub(lambda found: {"{": "\ue002", "}": "\ue003"}.get(found[1], found[1]), text)
    text = text.replace("$", "").replace("{", "").replace("}", "").replace("---", "—").replace("--", "–")
    text = _DEGREE.sub("°", text)
    return " ".join(text.replace(_KEPT, "{").replace(_END, "}").split(" ")).replace("\\", " ").strip()


def _scripts(text: str) -> str:
    """Mark scripts so that their braces outlive those of groups."""
    for _depth in range(4):
        text, count = _SCRIPT.subn(lambda found: f"{found[1]}{_KEPT}{found[2] or found[3] or ''}{_END}", text)
        if not count:
            break
    return text


def _siunitx(unit: str) -> str:
    """Return the symbols of a unit in the words of siunitx, as far as they are those of other commands too."""
    for word, symbol in _OF_SIUNITX.items():
        unit = re.sub(rf"\\{word}(?![A-Za-z])", symbol, unit)
    return unit

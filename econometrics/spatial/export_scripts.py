"""Text of the scripts: a do-file for Stata and a script for R, each saying what should agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from econometrics.spatial.estimates import Model
    from econometrics.spatial.panel import Effects

_HAS_LAG = frozenset({"sar", "sdm"})
_HAS_ERROR = frozenset({"sem", "sdem"})


@dataclass(frozen=True, slots=True)
class Script:
    """What a script has to say: names are the exported ones."""

    model: Model
    effects: Effects
    y: str
    x: tuple[str, ...]
    durbin: tuple[str, ...]
    n: int
    t: int
    row_standardised: bool
    weights: str

    @property
    def lagged(self) -> tuple[str, ...]:
        """Columns of lagged regressors in panel.csv."""
        return tuple(f"lag_{x}" for x in self.durbin)

    @property
    def told(self) -> str:
        """The model in a line."""
        lags = f", lagged: {' '.join(self.durbin)}" if self.durbin else ""
        return (
            f"{self.model.upper()} of {self.y} on {' '.join(self.x)}{lags}; {self.effects} effects"
        )


def stata_script(s: Script) -> str:
    """Give the do-file: xsmle, and Stata's own spxtregress."""
    head = [
        f"* {s.told}",
        f"* {s.n} units, {s.t} periods; weights: {_one_line(s.weights)}",
        "* Written by zhengce export from the manuals; NOT RUN by it (there was no Stata).",
        "* Start Stata in this folder. Our numbers are in expected.csv, the names in names.csv.",
        "version 15",
        "clear all",
        "set more off",
        "",
        "* --- weights: rows and columns in the order of uid (units.csv) ---",
        'import delimited using "W_dense.csv", varnames(nonames) rowrange(2) asdouble encoding("utf-8") clear',
        "drop v1",
        "mata: Wm = st_data(., .)",
        f"mata: assert(rows(Wm) == {s.n} & cols(Wm) == {s.n})",
        "mata: id = (1::rows(Wm))",
        "",
        "* --- panel ---",
        'import delimited using "panel.csv", varnames(1) case(preserve) asdouble encoding("utf-8") clear',
        "xtset uid tid",
        "",
    ]
    return "\n".join([*head, *_xsmle(s), "", *_spxtregress(s), "", *_stata_expected()]) + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.split()) or "W"


def _xsmle(s: Script) -> list[str]:
    lines = ["* --- xsmle (Belotti, Hughes and Piano Mortari 2017): ssc install xsmle ---"]
    kinds = {"two-way": "both", "unit": "ind", "time": "time"}
    if s.model not in ("sar", "sdm", "sem") or s.effects not in kinds:
        return [*lines, f"* xsmle has no {s.model.upper()} with {s.effects} effects."]
    lines += [
        "* Stata matrices: at most 800 rows in Stata/BE, 11,000 in SE.",
        'mata: st_matrix("Wx", Wm)',
    ]
    matrix = "ematrix(Wx)" if s.model == "sem" else "wmatrix(Wx)"
    durbin = f" durbin({' '.join(s.durbin)})" if s.model == "sdm" else ""
    effects = "" if s.model == "sem" else " effects vceeffects(dm)"
    call = f"xsmle {s.y} {' '.join(s.x)}, fe type({{}}) model({s.model}) {matrix}{durbin}{effects} nolog"
    lines += _xsmle_notes(s)
    lines.append(call.format(kinds[s.effects]))
    if s.effects == "unit":
        lines += [
            "* Lee and Yu's transformation: should equal our lee-yu rows, errors and sigma2 included.",
            call.format("ind, leeyu"),
        ]
    return lines


def _xsmle_notes(s: Script) -> list[str]:
    if s.effects == "two-way":
        return [
            "* SHOULD EQUAL our exact rows only if xsmle demeans after lagging. If its rho or lambda equals our",
            "* row 'shortcut', it demeans both ways first and lags afterwards; that is not the maximum of the",
            "* likelihood (compare the log-likelihoods). Our lee-yu rows have no counterpart in type(both).",
        ]
    return [
        "* Should equal our exact rows (rho or lambda, coefficients, sigma2, log-likelihood).",
        "* WILL NOT equal: errors of impacts when they are simulated (ours in expected.csv: delta method).",
    ]


def _spxtregress(s: Script) -> list[str]:
    lines = ["* --- Stata's own (15 or later) ---"]
    if s.effects not in ("two-way", "unit"):
        return [*lines, f"* spxtregress has no model with {s.effects} effects: see the R script."]
    if s.model in ("ols", "slx"):
        columns = " ".join((*s.x, *s.lagged))
        dummies = " i.tid" if s.effects == "two-way" else ""
        return [
            *lines,
            "* Should equal our coefficients; its errors divide by the degrees of freedom, ours by n t.",
            f"xtreg {s.y} {columns}{dummies}, fe",
        ]
    parts = ["dvarlag(W)" if s.model in _HAS_LAG else "errorlag(W)"]
    parts += [f"ivarlag(W: {' '.join(s.durbin)})"] if s.durbin else []
    dummies = " i.tid" if s.effects == "two-way" else ""
    return [
        *lines,
        "* normalize(none): the default divides the weights by their largest eigenvalue.",
        "spset uid",
        "spmatrix spfrommata W = Wm id, normalize(none) replace",
        *_spxtregress_notes(s),
        f"spxtregress {s.y} {' '.join(s.x)}{dummies}, fe {' '.join(parts)}",
        f"estat impact {' '.join(s.x)}",
    ]


def _spxtregress_notes(s: Script) -> list[str]:
    if s.effects == "unit":
        return [
            "* fe is Lee and Yu's transformation of the units: SHOULD EQUAL our lee-yu rows in everything,",
            "* and the coefficients and impacts of our exact rows (their sigma2 is smaller by (T-1)/T).",
        ]
    ratio = f"{s.t}/{s.t - 1}"
    return [
        "* fe transforms the units away (Lee and Yu), i.tid are dummies. SHOULD EQUAL our exact rows in rho or",
        "* lambda, coefficients and impacts: both likelihoods have the same maximum.",
        f"* WILL NOT equal: sigma2, which is ours times {ratio}; errors, which are ours times the root of {ratio};",
        "* the log-likelihood, which counts N(T-1) observations. Our lee-yu rows also transform the periods",
        "* away, (N-1)(T-1) observations, and have no counterpart here.",
    ]


def _stata_expected() -> list[str]:
    return [
        "* --- our numbers ---",
        'import delimited using "expected.csv", varnames(1) asdouble clear',
        "format estimate std_error %14.8g",
        "list estimator term estimate std_error, noobs sepby(estimator)",
    ]


def r_script(s: Script) -> str:
    """Give the R script: spatialreg with dummies, which is the exact likelihood, and splm."""
    head = [
        f"# {s.told}",
        f"# {s.n} units, {s.t} periods; weights: {_one_line(s.weights)}",
        "# Run in this folder: Rscript model.R. Our numbers are in expected.csv, the names in names.csv.",
        'd <- read.csv("panel.csv", encoding = "UTF-8")',
        "d <- d[order(d$tid, d$uid), ]",
        'W <- as.matrix(read.csv("W_dense.csv", check.names = FALSE, encoding = "UTF-8")[, -1])',
        "dimnames(W) <- list(seq_len(nrow(W)), seq_len(nrow(W)))",
        f"n <- {s.n}; t <- {s.t}",
        "stopifnot(dim(W) == n, nrow(d) == n * t, !is.unsorted(d$tid))",
        'expected <- read.csv("expected.csv")',
        "compare <- function(label, estimator, found) {",
        "  ours <- expected[expected$estimator == estimator, ]",
        "  both <- ours$term[ours$term %in% names(found)]",
        "  out <- data.frame(term = both, ours = ours$estimate[match(both, ours$term)], theirs = unname(found[both]))",
        "  out$relative <- abs(out$theirs / out$ours - 1)",
        '  cat("\\n", label, ", against our ", estimator, " rows\\n", sep = "")',
        "  print(out, digits = 8, row.names = FALSE)",
        "  out",
        "}",
        "",
    ]
    return "\n".join([*head, *_dummies(s), *_exact_r(s), "", *_splm(s)]) + "\n"


def _dummies(s: Script) -> list[str]:
    parts = {"two-way": "factor(uid) + factor(tid)", "unit": "factor(uid)", "time": "factor(tid)"}
    dummies = f" + {parts[s.effects]}" if s.effects in parts else ""
    columns = " + ".join((*s.x, *s.lagged))
    return [
        "# Lagged regressors are columns of panel.csv, so that only they are lagged, not the dummies.",
        f"model <- {s.y} ~ {columns}{dummies}",
        f"terms <- c({', '.join(repr(c) for c in (*s.x, *s.lagged))})",
    ]


def _exact_r(s: Script) -> list[str]:
    if s.model not in _HAS_LAG | _HAS_ERROR:
        return [
            "# Least squares: coefficients and log-likelihood should equal our exact rows; its errors are larger,",
            "# because they divide by the degrees of freedom.",
            "fit <- lm(model, data = d)",
            "found <- c(coef(fit)[terms], loglik = as.numeric(logLik(fit)), sigma2 = mean(resid(fit)^2))",
            'invisible(compare("lm", "exact", found))',
        ]
    word = "rho" if s.model in _HAS_LAG else "lambda"
    function = "lagsarlm" if s.model in _HAS_LAG else "errorsarlm"
    lines = [
        "# --- spatialreg with every dummy written out: the exact likelihood ---",
        "# SHOULD EQUAL our exact rows in everything, errors from the information matrix included",
        f"# (to about 1e-6: its optimiser stops about 1e-7 from the maximum in {word}).",
        "# WILL NOT equal our lee-yu rows, which correct for the estimated effects.",
        *_centring(s),
        "suppressPackageStartupMessages({ library(spdep); library(spatialreg); library(Matrix) })",
        "big <- kronecker(Diagonal(t), Matrix(W, sparse = TRUE))",
        'listw <- mat2listw(as(as(big, "generalMatrix"), "CsparseMatrix"), style = "M")',
        'method <- if (n * t <= 1500) "eigen" else "LU"',
        f"fit <- {function}(model, data = d, listw = listw, method = method, quiet = TRUE, tol.solve = 1e-20,",
        "                control = list(tol.opt = 1e-12))",
        f"found <- c({word} = unname(fit${word}), coef(fit)[terms], sigma2 = fit$s2, loglik = as.numeric(logLik(fit)))",
    ]
    if s.model in _HAS_LAG:
        lines += _impacts_r(s)
    return [
        *lines,
        f'out <- compare("spatialreg {function}", "exact", found)',
        "rest <- setNames(fit$rest.se, names(fit$coefficients))[terms]",
        f"se <- c({word} = unname(fit${word}.se), rest)",
        'ours <- expected[expected$estimator == "exact", ]',
        'cat("\\nstandard errors\\n")',
        "print(data.frame(term = names(se), ours = ours$std_error[match(names(se), ours$term)], theirs = unname(se)), digits = 7, row.names = FALSE)",
        'write.csv(out, "spatialreg.csv", row.names = FALSE)',
    ]


def _centring(s: Script) -> list[str]:
    """Centre first for errorsarlm, which takes the residual sum of squares as a difference of large sums."""
    if s.model not in _HAS_ERROR:
        return []
    groups = ", d$uid" if s.effects in ("two-way", "unit") else ""
    return [
        "# Means are taken out first, which the dummies or the constant absorb: without it errorsarlm's rounding",
        "# leaves its lambda wrong in the fifth digit.",
        f"for (v in c('{s.y}', terms)) d[[v]] <- d[[v]] - ave(d[[v]]{groups})",
    ]


def _impacts_r(s: Script) -> list[str]:
    lagged = ", ".join(f"{x} = 'lag_{x}'" for x in s.durbin)
    return [
        "# Impacts from their definition: S (beta I + theta W), S = (I - rho W)^-1.",
        "S <- solve(diag(n) - unname(fit$rho) * W); SW <- S %*% W",
        f"lagged <- c({lagged})",
        f"for (x in c({', '.join(repr(x) for x in s.x)})) {{",
        "  b <- coef(fit)[[x]]; th <- if (x %in% names(lagged)) coef(fit)[[lagged[[x]]]] else 0",
        "  direct <- (b * sum(diag(S)) + th * sum(diag(SW))) / n",
        "  total <- (b * sum(S) + th * sum(SW)) / n",
        '  found[paste("direct:", x)] <- direct',
        '  found[paste("indirect:", x)] <- total - direct',
        '  found[paste("total:", x)] <- total',
        "}",
    ]


def _splm(s: Script) -> list[str]:
    effect = {"two-way": "twoways", "unit": "individual", "time": "time"}.get(s.effects)
    if s.model not in _HAS_LAG | _HAS_ERROR or effect is None:
        return ["# splm has no counterpart of this model."]
    kind = (
        'lag = TRUE, spatial.error = "none"'
        if s.model in _HAS_LAG
        else 'lag = FALSE, spatial.error = "b"'
    )
    word = "lambda" if s.model in _HAS_LAG else "rho"
    ours = "rho" if s.model in _HAS_LAG else "lambda"
    style = "W" if s.row_standardised else "M"
    against = "shortcut" if s.effects == "two-way" else "exact"
    return [
        "# --- splm ---",
        *_splm_notes(s),
        "# Its LeeYu = TRUE is not Lee and Yu's correction in 1.6-5: do not compare it with our lee-yu rows.",
        f"# It calls {ours} {word}.",
        'if (requireNamespace("splm", quietly = TRUE)) {',
        f"  wide <- {s.y} ~ {' + '.join((*s.x, *s.lagged))}",
        f'  p <- splm::spml(wide, data = d, index = c("uid", "tid"), listw = spdep::mat2listw(W, style = "{style}"),',
        f'                  model = "within", effect = "{effect}", {kind})',
        f'  found <- c({ours} = unname(coef(p)["{word}"]), coef(p)[terms])',
        f'  invisible(compare("splm spml", "{against}", found))',
        '} else cat("\\nsplm is not installed; its part was skipped\\n")',
    ]


def _splm_notes(s: Script) -> list[str]:
    if s.effects == "two-way":
        return [
            "# WILL NOT equal our exact rows: spml demeans over units and periods, THEN lags, and does not",
            "# demean the lag again. W(Qy) is not Q(Wy) unless the columns of W sum to 1 too, so what it",
            "# reports is not the maximum of the likelihood. It should equal our rows 'shortcut'.",
        ]
    return ["# Should equal our exact rows: demeaning over periods commutes with W."]

"""Sweeps as other tools and people in other countries export them, with invented numbers.

Each entry of EXPORTS is a file's bytes and what is right of it: its hyperparameters, and where it
matters the objective that is proposed first, the column of names, the number of seeds, of
infeasible trials, and the hyperparameters that are numbers.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import math
import random
import uuid
from dataclasses import dataclass

ROWS = 40


@dataclass(frozen=True, kw_only=True)
class Export:
    content: bytes
    obj: str
    hp: list[str]
    prop: tuple[str, ...] | str | None = None
    trial: str = ""
    seeds: int = 0
    infeasible: int = 0
    numeric: tuple[str, ...] | list[str] = ()


EXPORTS: dict[str, Export] = {}


def sweep(seed):
    r, rows = random.Random(seed), []
    for i in range(ROWS):
        lr, w = 10 ** r.uniform(-4.5, -1.5), r.choice([16, 32, 64, 128])
        d, wd, o = r.uniform(0, 0.5), 10 ** r.uniform(-6, -2), r.choice(["adam", "sgd"])
        loss = 0.25 + 0.06 * (math.log10(lr) + 3) ** 2 + 0.02 * (w == 16) + 0.05 * d * (o == "sgd")
        loss += r.gauss(0, 0.008)
        rows.append(
            {
                "i": i, "lr": lr, "width": w, "dropout": d, "wd": wd, "opt": o, "loss": loss,
                "acc": 1 - loss + r.gauss(0, 0.01), "tl": loss * 0.7 + r.gauss(0, 0.01),
                "sec": 600 + r.gauss(0, 60) + w, "r": r.random(),
                "id": hashlib.md5(f"{seed}{i}".encode()).hexdigest()[:8],
                "uuid": str(uuid.UUID(int=r.getrandbits(128))),
                "sha": hashlib.sha1(f"{seed}{i // 7}".encode()).hexdigest(),
                "t": dt.datetime(2026, 3, 1, 8) + dt.timedelta(minutes=12 * i + r.random() * 5),
            }
        )  # fmt: skip
    return rows


def put(name, header, cells, expect, delim=",", enc="utf-8", pre="", post=""):
    text = io.StringIO()
    text.write(pre)
    out = csv.writer(text, delimiter=delim, lineterminator="\n")
    out.writerow(header)
    out.writerows(cells(row) for row in sweep(sum(map(ord, name))))
    text.write(post)
    EXPORTS[name] = Export(content=text.getvalue().encode(enc), **expect)


def put_json(name, record, expect, lines=True, wrap=list):
    rows = [record(row) for row in sweep(sum(map(ord, name)))]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    content = text if lines else json.dumps(wrap(rows), indent=1)
    EXPORTS[name] = Export(content=content.encode(), **expect)


def f4(x):
    return f"{x:.4g}"


def com(x):
    return f"{x:.4g}".replace(".", ",")


# fmt: off
# --- W&B UI export, config columns bare
put("wandb_ui.csv",["Name","State","Notes","User","Tags","Created","Runtime","Sweep","batch_size","dropout","lr","optimizer","_runtime","_step","_timestamp","_wandb.runtime","epoch","train/loss","val/acc","val/loss"],
 lambda r:[f"glad-sweep-{r['i']+1}","finished" if r['i']%9 else "crashed","-","ana","",f"2026-03-01T08:{r['i']:02d}:00.000Z",int(r['sec']),"k3j2h1",r['width'],f4(r['dropout']),f4(r['lr']),r['opt'],r['sec'],4999,1.77e9+r['i']*700,int(r['sec']),9,f4(r['tl']),f4(r['acc']),f4(r['loss'])],
 dict(obj="minimize:val/loss",hp=["batch_size","dropout","lr","optimizer"],trial="Name",prop=("minimize:val/loss","maximize:val/acc")))
# W&B api runs dataframe: summary, config as python dict strings
put("wandb_api.csv",["","summary","config","name"],lambda r:[r['i'],str({"val_loss":r['loss'],"_step":99,"_runtime":r['sec'],"_timestamp":1.77e9+r['i']*700,"_wandb":{"runtime":int(r['sec'])},"epoch":9}),str({"lr":r['lr'],"width":r['width'],"optimizer":r['opt'],"scheduler":None if r['i']%2 else "cosine"}),f"run-{r['i']}"],
 dict(obj="minimize:val_loss",hp=["lr","width","optimizer","scheduler"],trial="name",prop="minimize:summary/val_loss"))
# MLflow search_runs
put("mlflow_search.csv",["run_id","experiment_id","status","artifact_uri","start_time","end_time","metrics.val_loss","metrics.train_loss","params.lr","params.batch_size","params.epochs","params.seed","tags.mlflow.user","tags.mlflow.source.git.commit","tags.mlflow.runName","tags.mlflow.source.name"],
 lambda r:[r['uuid'].replace("-",""),"3","FINISHED","s3://b/3/"+r['id'],r['t'].isoformat()+"+00:00",(r['t']+dt.timedelta(minutes=9)).isoformat()+"+00:00",r['loss'],r['tl'],r['lr'],r['width'],"20",r['i']%3,"ana",r['sha'],f"trial_{r['i']}","train.py"],
 dict(obj="minimize:val_loss",hp=["lr","batch_size"],seeds=3,prop="minimize:metrics.val_loss"))
# Neptune table csv
put("neptune_ui.csv",["sys/id","sys/creation_time","sys/owner","sys/running_time","sys/state","sys/tags","parameters/lr","parameters/dropout","parameters/optimizer","metrics/val_acc","metrics/train/loss","monitoring/gpu"],
 lambda r:[f"TUN-{r['i']+1}",r['t'].isoformat()+"Z","ana",r['sec'],"Inactive","sweep",r['lr'],r['dropout'],r['opt'],r['acc'],r['tl'],50+r['r']*40],
 dict(obj="maximize:val_acc",hp=["lr","dropout","optimizer"],trial="sys/id",prop="maximize:metrics/val_acc"))
put("neptune_old.csv",["Id","Creation Time","Owner","Running Time","Running Time (s)","params/lr","params/hidden_dim","logs/val_f1 (last)","Tags"],
 lambda r:[f"NEP-{r['i']+1}",r['t'].isoformat()+"Z","ana",f"{int(r['sec']//60)}m {int(r['sec']%60)}s",r['sec'],r['lr'],r['width'],r['acc'],"a,b"],
 dict(obj="maximize:logs/val_f1 (last)",hp=["lr","hidden_dim"],prop="maximize:logs/val_f1 (last)"))
# Comet export
put("comet.csv",["Experiment Key","Name","Server end time","Created","Duration","File name","Git commit","Host","OS","lr","weight_decay","batch_size","val_loss (min)","val_loss","train_loss","curr_epoch","curr_step","Status"],
 lambda r:[r['uuid'].replace("-",""),f"lively_{r['i']}",r['t'].isoformat(),r['t'].isoformat(),f"00:{int(r['sec']//60):02d}:{int(r['sec']%60):02d}","train.py",r['sha'],"gpu03","Linux-5.4",r['lr'],r['wd'],r['width'],r['loss']-.002,r['loss'],r['tl'],9,4999,"Completed"],
 dict(obj="minimize:val_loss",hp=["lr","weight_decay","batch_size"],trial="Name",prop=("minimize:val_loss","minimize:val_loss (min)")))
# Comet api
put("comet_api.csv",["experimentKey","projectName","startTimeMillis","endTimeMillis","durationMillis","userName","gitMetadata","archived","hasCrashed","param_lr","param_width","metric_val_accuracy"],
 lambda r:[r['uuid'].replace("-",""),"p",int(1.77e12+r['i']*7e5),int(1.77e12+r['i']*7e5+6e5),int(r['sec']*1000),"ana","","FALSE","FALSE",r['lr'],r['width'],r['acc']],
 dict(obj="maximize:metric_val_accuracy",hp=["lr","width"],prop="maximize:metric_val_accuracy"))
# ClearML
put("clearml.csv",["TASK ID","NAME","TAGS","STATUS","PROJECT","USER","STARTED","UPDATED","ITERATION","General/lr","General/dropout","General/optimizer","validation/loss LAST","validation/loss MIN","Args/seed"],
 lambda r:[r['uuid'].replace("-",""),f"HPO: lr={r['lr']:.3g}","","completed" if r['i']%10 else "failed","vision","ana",r['t'].strftime("%Y-%m-%d %H:%M:%S"),r['t'].strftime("%Y-%m-%d %H:%M:%S"),4999,r['lr'],r['dropout'],r['opt'],r['loss'],r['loss']-.001,42],
 dict(obj="minimize:validation/loss LAST",hp=["General/lr","General/dropout","General/optimizer"],prop=("minimize:validation/loss LAST","minimize:validation/loss MIN")))
# Aim
put("aim.csv",["run.hash","run.name","run.experiment","run.creation_time","run.duration","run.active","hparams.lr","hparams.width","hparams.batch_size","metric.loss {\"subset\":\"val\"}","metric.acc {\"subset\":\"val\"}"],
 lambda r:[r['uuid'][:24],f"Run: {r['id']}","exp",r['t'].isoformat(),r['sec'],"False",r['lr'],r['width'],64,r['loss'],r['acc']],
 dict(obj="minimize:metric.loss {\"subset\":\"val\"}",hp=["lr","width"],prop=("minimize:metric.loss {\"subset\":\"val\"}","maximize:metric.acc {\"subset\":\"val\"}")))
# Ray
put("ray_df.csv",["val_loss","timestamp","checkpoint_dir_name","done","training_iteration","trial_id","date","time_this_iter_s","time_total_s","pid","hostname","node_ip","time_since_restore","iterations_since_restore","config/lr","config/width","config/train_loop_config/dropout","logdir"],
 lambda r:[r['loss'],int(1.77e9+r['i']*700),"","True",10,r['id'],r['t'].strftime("%Y-%m-%d_%H-%M-%S"),r['sec']/10,r['sec'],3000+r['i'],"node1","10.0.0.1",r['sec'],10,r['lr'],r['width'],r['dropout'],"/tmp/"+r['id']],
 dict(obj="minimize:val_loss",hp=["lr","width","train_loop_config/dropout"],prop="minimize:val_loss"))
# german excel with comma decimals ; and german words
put("german.csv",["Lauf","Lernrate","Batchgröße","Dropout","Optimierer","Startzeit","Dauer","Rechner","Bemerkung","Validierungsverlust","Genauigkeit"],
 lambda r:[r['i']+1,com(r['lr']),r['width'],com(r['dropout']),r['opt'],r['t'].strftime("%d.%m.%Y %H:%M"),f"{int(r['sec']//60)} min","pc7","" if r['i'] else "erster",com(r['loss']),com(r['acc']*100)+" %"],
 dict(obj="minimize:Validierungsverlust",hp=["Lernrate","Batchgröße","Dropout","Optimierer"],trial="Lauf",prop=("minimize:Validierungsverlust","maximize:Genauigkeit")),delim=";",enc="cp1252")
put("french.csv",["Essai","Taux d'apprentissage","Taille de lot","Optimiseur","Date","Durée (s)","Statut","Perte de validation","Précision"],
 lambda r:[r['i']+1,com(r['lr']),r['width'],r['opt'],r['t'].strftime("%d/%m/%Y %H:%M"),com(r['sec']),"terminé" if r['i']%8 else "échoué",com(r['loss']) if r['i']%8 else "",com(r['acc']) if r['i']%8 else ""],
 dict(obj="minimize:Perte de validation",hp=["Taux d'apprentissage","Taille de lot","Optimiseur"],trial="Essai",prop=("minimize:Perte de validation","maximize:Précision")),delim=";",enc="utf-8-sig")
put("spanish.csv",["ensayo","tasa_aprendizaje","tamaño_lote","semilla","fecha","duración","estado","pérdida_val","exactitud_val"],
 lambda r:[r['i']+1,com(r['lr']),r['width'],r['i']%2,r['t'].strftime("%d/%m/%Y"),f"{r['sec']/60:.1f} min".replace(".",","),"completado" if r['i']%8 else "fallido",com(r['loss']),com(r['acc'])],
 dict(obj="minimize:pérdida_val",hp=["tasa_aprendizaje","tamaño_lote"],seeds=2,prop=("minimize:pérdida_val","maximize:exactitud_val")),delim=";")
put("chinese.csv",["编号","学习率","批大小","优化器","开始时间","状态","验证损失","验证准确率","备注"],
 lambda r:[r['i']+1,f4(r['lr']),r['width'],r['opt'],r['t'].strftime("%Y/%m/%d %H:%M"),"完成" if r['i']%8 else "失败",f4(r['loss']),f"{r['acc']*100:.1f}%",""],
 dict(obj="minimize:验证损失",hp=["学习率","批大小","优化器"],trial="编号",prop=("minimize:验证损失","maximize:验证准确率")))
put("russian.csv",["Запуск","Скорость обучения","Размер батча","Дата","Потери","Точность"],
 lambda r:[r['i']+1,com(r['lr']),r['width'],r['t'].strftime("%d.%m.%Y %H:%M:%S"),com(r['loss']),com(r['acc'])],
 dict(obj="minimize:Потери",hp=["Скорость обучения","Размер батча"],prop=("minimize:Потери","maximize:Точность")),delim="\t",enc="utf-16")
put("italian.csv",["prova","tasso_apprendimento","dimensione_batch","note","perdita_validazione"],
 lambda r:[r['i']+1,com(r['lr']),r['width'],"",com(r['loss'])],
 dict(obj="minimize:perdita_validazione",hp=["tasso_apprendimento","dimensione_batch"],prop="minimize:perdita_validazione"),delim=";")
put("portuguese.csv",["execução","taxa_de_aprendizado","tamanho_do_lote","semente","perda_val","acurácia"],
 lambda r:[r['i']+1,com(r['lr']),r['width'],r['i']%2,com(r['loss']),com(r['acc'])],
 dict(obj="minimize:perda_val",hp=["taxa_de_aprendizado","tamanho_do_lote"],seeds=2,prop=("minimize:perda_val","maximize:acurácia")),delim=";")
put("japanese.csv",["試行","学習率","バッチサイズ","検証損失","精度"],
 lambda r:[r['i']+1,f4(r['lr']),r['width'],f4(r['loss']),f4(r['acc'])],
 dict(obj="minimize:検証損失",hp=["学習率","バッチサイズ"],prop=("minimize:検証損失","maximize:精度")))
# cluster logs
put("slurm.csv",["JobID","JobName","Partition","NodeList","State","ExitCode","Elapsed","Start","End","MaxRSS","lr","width","val_loss"],
 lambda r:[f"81234_{r['i']}",f"sweep_{r['i']}","gpu",f"node{r['i']%4:02d}",["COMPLETED","COMPLETED","COMPLETED","TIMEOUT","OUT_OF_MEMORY","NODE_FAIL"][r['i']%6],["0:0","0:0","0:0","0:15","0:125","1:0"][r['i']%6],f"00:{10+r['i']%40:02d}:12",r['t'].isoformat(),r['t'].isoformat(),f"{int(1e6+r['r']*1e6)}K",f4(r['lr']),r['width'],f4(r['loss']) if r['i']%6<3 else ""],
 dict(obj="minimize:val_loss",hp=["lr","width"],trial="JobID",prop="minimize:val_loss",infeasible=13))
put("slurm_array.csv",["array_task_id","job_id","gpu","cuda_version","torch_version","lr","wd","batch_size","num_workers","best_val_acc","best_epoch","final_train_loss","peak_mem_gb","samples_per_sec"],
 lambda r:[r['i'],f"81234_{r['i']}","A100","12.1","2.4.0",f4(r['lr']),f4(r['wd']),r['width'],8,f4(r['acc']),20+r['i']%30,f4(r['tl']),f"{8+r['r']*4:.2f}",f"{900+r['r']*200:.1f}"],
 dict(obj="maximize:best_val_acc",hp=["lr","wd","batch_size"],prop="maximize:best_val_acc"))
# units
put("units.csv",["run","learning rate","batch size","dropout","seq len","memory","time","val loss"],
 lambda r:[f"r{r['i']}",f"{r['lr']:.2e}",f"{r['width']} samples",f"{r['dropout']*100:.0f}%",f"{512*(1+r['i']%3)} tokens",f"{8+r['r']*8:.1f} GB",f"{r['sec']/60:.1f} min",f4(r['loss'])],
 dict(obj="minimize:val loss",hp=["learning rate","batch size","dropout","seq len"],prop="minimize:val loss",numeric=["batch size","dropout","seq len"]))
put("kilo.csv",["name","lr","hidden","warmup","tokens","val_ppl"],
 lambda r:[f"r{r['i']}",f"{r['lr']:.0e}",r['width'],f"{1+r['i']%4}k",f"{[0.5,1,2][r['i']%3]}B",f"{math.exp(r['loss']*10):.3f}"],
 dict(obj="minimize:val_ppl",hp=["lr","hidden","warmup","tokens"],numeric=["warmup","tokens"],prop="minimize:val_ppl"))
put("sci.csv",["lr","weight_decay","eps","amsgrad","schedule","loss"],
 lambda r:[["1e-3","3e-4","1E-4","0.01"][r['i']%4],["0","1e-2","1e-1"][r['i']%3],"1e-08",["True","False"][(r['i']//2)%2],["None","cosine","linear"][(r['i']//3)%3],f4(r['loss'])],
 dict(obj="minimize:loss",hp=["lr","weight_decay","amsgrad","schedule"],prop="minimize:loss"))
put("none_empty.csv",["name","lr","augment","clip_norm","val_acc"],
 lambda r:[f"r{r['i']}",f4(r['lr']),["","mixup","cutmix"][r['i']%3],["None","1.0","0.5"][(r['i']//3)%3],f4(r['acc'])],
 dict(obj="maximize:val_acc",hp=["lr","augment","clip_norm"],prop="maximize:val_acc"))
put("betas.csv",["id","lr","betas","layers","test_acc","val_acc"],
 lambda r:[r['id'],f4(r['lr']),["(0.9, 0.999)","(0.9, 0.95)"][r['i']%2],["[64, 64]","[128, 64]","[256]"][r['i']%3],f4(r['acc']-.01),f4(r['acc'])],
 dict(obj="maximize:val_acc",hp=["lr","betas","layers"],prop="maximize:val_acc"))
# hydra-like dotted
put("hydra.csv",["job.num","job.id","hydra.run.dir","optimizer.lr","optimizer.name","model.hidden","trainer.max_epochs","seed","val/f1","test/f1"],
 lambda r:[r['i'],f"88_{r['i']}",f"multirun/2026-03-01/{r['i']}",f4(r['lr']),r['opt'],r['width'],50,1+r['i']%2,f4(r['acc']),f4(r['acc']-.02)],
 dict(obj="maximize:val/f1",hp=["optimizer.lr","optimizer.name","model.hidden"],seeds=2,prop="maximize:val/f1"))
# lightning-like summary
put("lightning.csv",["version","lr","batch_size","val_loss_epoch","train_loss_step","epoch","step","best_model_path"],
 lambda r:[f"version_{r['i']}",f4(r['lr']),r['width'],f4(r['loss']),f4(r['tl']),9,4999,f"lightning_logs/version_{r['i']}/checkpoints/e.ckpt"],
 dict(obj="minimize:val_loss_epoch",hp=["lr","batch_size"],prop="minimize:val_loss_epoch"))
# sklearn/xgb
put("xgb.csv",["","max_depth","eta","subsample","n_estimators","min_child_weight","test-auc-mean","test-auc-std","train-auc-mean","best_iteration"],
 lambda r:[r['i'],3+r['i']%6,f4(r['lr']*10),f4(.5+r['dropout']),[100,200,500][r['i']%3],1+r['i']%5,f4(r['acc']),f4(.01+r['r']*.01),f4(r['acc']+.05),50+r['i']],
 dict(obj="maximize:test-auc-mean",hp=["max_depth","eta","subsample","n_estimators","min_child_weight"],prop="maximize:test-auc-mean"))
# RL
put("rl.csv",["exp_name","env_id","seed","learning_rate","gamma","ent_coef","total_timesteps","charts/episodic_return","global_step","SPS"],
 lambda r:[f"ppo_{r['id']}",["Hopper-v4","Walker2d-v4"][r['i']%2],r['i']%5,f4(r['lr']),f4(.9+r['dropout']*.19),f4(r['wd']),1000000,f"{1000*r['acc']:.1f}",1000000,int(3000+r['r']*500)],
 dict(obj="maximize:charts/episodic_return",hp=["env_id","learning_rate","gamma","ent_coef"],seeds=5,prop="maximize:charts/episodic_return"))
# spreadsheet by hand, with title and totals
put("byhand.csv",["#","LR","BS","Optim","Val acc","Comments","who","when"],
 lambda r:[r['i']+1,f4(r['lr']),r['width'],r['opt'],f"{r['acc']*100:.1f}%",["","looks ok","restarted once"][r['i']%3],["ana","bo"][r['i']%2],r['t'].strftime("%d %b")],
 dict(obj="maximize:Val acc",hp=["LR","BS","Optim"],prop="maximize:Val acc"),pre="Sweep of March,,,,,,,\n,,,,,,,\n",post="Mean,,,,71.0%,,,\nBest,,,,80.0%,,,\n")
put("slip.csv",["run","lr","width","loss"],lambda r:[r['i'],f4(r['lr']),r['width'],"diverged" if r['i']%11==3 else ("OOM" if r['i']%13==5 else f4(r['loss']))],
 dict(obj="minimize:loss",hp=["lr","width"],prop="minimize:loss"))
put("llm.csv",["run_name","model_size","n_layer","n_head","d_model","lr","warmup_ratio","tokens_seen","flops","train_loss","eval_loss","eval_ppl","mfu","tokens_per_sec","wall_clock_h","gpu_hours"],
 lambda r:[f"gpt-{r['id']}","124M",12,12,768,f4(r['lr']),f4(.01+.1*r['dropout']),"2.5B",6.1e18,f4(r['tl']+2),f4(r['loss']+2),f4(math.exp(r['loss']+2)),f4(.4+r['r']*.05),int(1e5+r['r']*1e4),f4(3+r['r']),f4(24+8*r['r'])],
 dict(obj="minimize:eval_loss",hp=["lr","warmup_ratio"],prop=("minimize:eval_loss","minimize:eval_ppl")))
put("sweep_id_cols.csv",["run_id","sweep_id","group","project","entity","git_sha","branch","hostname","gpu_type","num_gpus","python","created_at","finished_at","config_hash","notes","lr","momentum","val_error"],
 lambda r:[r['id'],"ab12","g1","p","e",r['sha'][:7],"main",["n1","n2","n3"][r['i']%3],["A100","V100"][r['i']%2],1,"3.11",r['t'].isoformat(),r['t'].isoformat(),r['id'][:6],"x",f4(r['lr']),f4(.5+r['dropout']),f4(r['loss'])],
 dict(obj="minimize:val_error",hp=["lr","momentum"],prop="minimize:val_error"))
put("kfold.csv",["config","fold","C","gamma","kernel","accuracy","fit_time"],
 lambda r:[r['i']//5,r['i']%5,f4([.1,1,10,100,.01,1000,.5,5][r['i']//5]),f4([.001,.01,.1,.5,1,.05,.3,.2][r['i']//5]),["rbf","poly"][(r['i']//5)%2],f4(r['acc']),f4(r['r'])],
 dict(obj="maximize:accuracy",hp=["fold","C","gamma","kernel"],prop="maximize:accuracy"))
put("bool_flags.csv",["exp","use_bn","residual","lr","early_stop","val_loss","converged"],
 lambda r:[f"exp{r['i']:03d}",["yes","no"][r['i']%2],["TRUE","FALSE"][(r['i']//2)%2],f4(r['lr']),1,f4(r['loss']),"TRUE"],
 dict(obj="minimize:val_loss",hp=["use_bn","residual","lr"],prop="minimize:val_loss"))
put("tsv_ids.tsv",["trial_id","timestamp","learning_rate_init","hidden_layer_sizes","alpha","mean_test_score","std_test_score","rank_test_score","mean_fit_time"],
 lambda r:[r['uuid'],1770000000+r['i']*600,f4(r['lr']),["(50,)","(100,)","(50, 50)"][r['i']%3],f4(r['wd']),f4(r['acc']),f4(r['r']*.02),40-r['i'],f4(r['sec'])],
 dict(obj="maximize:mean_test_score",hp=["learning_rate_init","hidden_layer_sizes","alpha"],prop="maximize:mean_test_score"),delim="\t")
put("mixed_case.csv",["RunID","StartTime","EndTime","GitHash","LearningRate","BatchSize","WeightDecay","ValidationLoss","ValidationAccuracy","TestAccuracy"],
 lambda r:[r['id'],r['t'].isoformat(),r['t'].isoformat(),r['sha'],f4(r['lr']),r['width'],f4(r['wd']),f4(r['loss']),f4(r['acc']),f4(r['acc']-.01)],
 dict(obj="minimize:ValidationLoss",hp=["LearningRate","BatchSize","WeightDecay"],prop=("minimize:ValidationLoss","maximize:ValidationAccuracy")))
put("speech.csv",["ckpt","lr","spec_augment","beam","dev_wer","test_wer","rtf"],
 lambda r:[f"/ckpt/{r['id']}.pt",f4(r['lr']),["on","off"][r['i']%2],[1,4,8][r['i']%3],f"{r['loss']*100:.2f}",f"{r['loss']*102:.2f}",f4(.1+r['r']*.02)],
 dict(obj="minimize:dev_wer",hp=["lr","spec_augment","beam"],prop="minimize:dev_wer"))
put("loguru_semicolon_dates.csv",["datum","lr","lambda","fold_seed","mAP@0.5","mAP@0.5:0.95","params (M)","GFLOPs"],
 lambda r:[r['t'].strftime("%Y-%m-%d %H:%M:%S,%f"),f4(r['lr']),f4(r['wd']),r['i']%4,f4(r['acc']),f4(r['acc']*.7),11.2,28.4],
 dict(obj="maximize:mAP@0.5",hp=["lr","lambda"],prop=("maximize:mAP@0.5","maximize:mAP@0.5:0.95")),delim=",")
put("yolo.csv",["Name","lr0","lrf","momentum","weight_decay","mosaic","metrics/precision(B)","metrics/recall(B)","metrics/mAP50(B)","metrics/mAP50-95(B)","fitness"],
 lambda r:[f"train{r['i']}",f4(r['lr']),f4(r['wd']*100),f4(.6+r['dropout']*.7),f4(r['wd']),f4(r['r']),f4(r['acc']),f4(r['acc']-.03),f4(r['acc']-.02),f4(r['acc']*.7),f4(r['acc']*.72)],
 dict(obj="maximize:fitness",hp=["lr0","lrf","momentum","weight_decay","mosaic"],prop=None))

# continuous everything random, unknown names
put("physics.csv",["sample","viscosity_coeff","mesh","alpha_mix","relax","residual_final"],lambda r:[r['i'],f4(r['lr']),r['width'],f4(r['dropout']),f4(r['wd']),f4(r['loss'])],dict(obj="minimize:residual_final",hp=["viscosity_coeff","mesh","alpha_mix","relax"]))
# optuna df index and user attrs, with datetime
put("optuna_df.csv",["","number","value","datetime_start","datetime_complete","duration","params_lr","params_opt","params_width","user_attrs_val_acc","user_attrs_n_params","system_attrs_tpe:relative_params:0","state"],lambda r:[r['i'],r['i'],r['loss'] if r['i']%9 else "",str(r['t']),str(r['t']),"0 days 00:10:01.1",r['lr'],r['opt'],r['width'],r['acc'],r['width']*1000,"{}","COMPLETE" if r['i']%9 else "FAIL"],dict(obj="minimize:value",hp=["lr","opt","width"],prop="minimize:value",trial="number"))
# google sheet: checkbox, currency, thousand, %
put("gsheet.csv",["Experiment","Learning Rate","Hidden Size","Use Attention","Params","Cost ($)","Train time (min)","Best Val Loss","Best Epoch","Status","Link"],lambda r:[f"exp-{r['i']}",f"{r['lr']:.2e}",r['width'],["TRUE","FALSE"][r['i']%2],f"{(r['width']*12345):,}",f"${r['r']*10:.2f}",f"{r['sec']/60:.0f}",f4(r['loss']),10+r['i']%13,["Done","Done","Failed"][r['i']%3 if r['i']%5==0 else 0],"https://wandb.ai/x/"+r['id']],dict(obj="minimize:Best Val Loss",hp=["Learning Rate","Hidden Size","Use Attention"],prop="minimize:Best Val Loss"))
put("colon_lr.csv",["model","lr","bs","ep","tr_loss","va_loss","va_acc"],lambda r:[["resnet18","resnet34","vit_s"][r['i']%3],f4(r['lr']),r['width'],30,f4(r['tl']),f4(r['loss']),f4(r['acc'])],dict(obj="minimize:va_loss",hp=["model","lr","bs"],prop=("minimize:va_loss","maximize:va_acc")))
put("kaggle.csv",["version","notebook","cv_score","public_lb","private_lb","lr","n_folds","tta","seed","runtime"],lambda r:[f"v{r['i']+1}","https://kaggle.com/x",f4(r['acc']),f4(r['acc']-.01),f4(r['acc']-.012),f4(r['lr']),5,[1,4,8][r['i']%3],42,f"{r['sec']/3600:.1f}h"],dict(obj="maximize:cv_score",hp=["lr","tta"],prop="maximize:cv_score"))
put("finetune.csv",["adapter","lora_r","lora_alpha","lora_dropout","learning_rate","per_device_train_batch_size","gradient_accumulation_steps","num_train_epochs","eval_loss","eval_runtime","eval_samples_per_second","train_runtime","train_samples_per_second","total_flos","rougeL"],lambda r:[f"run_{r['id']}",[8,16,32][r['i']%3],[16,32][r['i']%2],f4(r['dropout']/5),f4(r['lr']),r['width'],1,3,f4(r['loss']),f4(r['sec']/20),f4(50+r['r']),f4(r['sec']),f4(40+r['r']),1e15+r['r'],f4(r['acc'])],dict(obj="minimize:eval_loss",hp=["lora_r","lora_alpha","lora_dropout","learning_rate","per_device_train_batch_size"],prop=("minimize:eval_loss","maximize:rougeL")))
put("timeseries.csv",["experiment_id","window","horizon","lr","hidden","MAE","RMSE","MAPE","R2","train_time"],lambda r:[r['i']+100,[24,48,96][r['i']%3],[12,24][r['i']%2],f4(r['lr']),r['width'],f4(r['loss']),f4(r['loss']*1.3),f"{r['loss']*10:.2f}%",f4(r['acc']),f"0:{int(r['sec']//60):02d}:{int(r['sec']%60):02d}"],dict(obj="minimize:MAE",hp=["window","horizon","lr","hidden"],prop=("minimize:MAE","minimize:RMSE","minimize:MAPE")))
put("gan.csv",["name","g_lr","d_lr","n_critic","z_dim","FID","IS","kimg"],lambda r:[f"gan{r['i']}",f4(r['lr']),f4(r['wd']),[1,2,5][r['i']%3],r['width'],f"{r['loss']*100:.2f}",f4(r['acc']*8),1000],dict(obj="minimize:FID",hp=["g_lr","d_lr","n_critic","z_dim"],prop="minimize:FID"))
put("nested_names.csv",["id","cfg.optim.lr","cfg.optim.wd","cfg.model.width","cfg.seed","eval.top1","eval.top5","sys.gpu_mem_gb","sys.host"],lambda r:[r['id'],f4(r['lr']),f4(r['wd']),r['width'],r['i']%3,f4(r['acc']*100),f4(r['acc']*110),f4(r['r']*20),"h1"],dict(obj="maximize:eval.top1",hp=["cfg.optim.lr","cfg.optim.wd","cfg.model.width"],seeds=3,prop="maximize:eval.top1"))
put("inf.csv",["lr","width","loss","grad_norm_max"],lambda r:[f4(r['lr']),r['width'],"inf" if r['i']%11==2 else ("nan" if r['i']%11==5 else f4(r['loss'])),f4(r['r']*5)],dict(obj="minimize:loss",hp=["lr","width"],prop="minimize:loss"))
put("dup_names.csv",["run","lr","width","loss"],lambda r:["sweep",f4(r['lr']),r['width'],f4(r['loss'])],dict(obj="minimize:loss",hp=["lr","width"]))
put("label_run.csv",["label","lr","loss"],lambda r:[f"lr={r['lr']:.2g}",f4(r['lr']),f4(r['loss'])],dict(obj="minimize:loss",hp=["lr"]))
put("grid_time.csv",["batch_size","num_layers","lr","throughput","val_bleu","dur"],lambda r:[[16,32][r['i']%2],[2,4][(r['i']//2)%2],[1e-3,3e-4,1e-4,3e-5,1e-5][(r['i']//4)%5],f4(1000*r['r']),f4(r['acc']*40),f4(r['sec'])],dict(obj="maximize:val_bleu",hp=["batch_size","num_layers","lr"],prop="maximize:val_bleu"))
put("diffusion.csv",["run","steps","cfg_scale","sampler","guidance","clip_score","fid","nfe","vram_gb"],lambda r:[f"d{r['i']}",[20,50,100][r['i']%3],[3,5,7.5][r['i']%3],["ddim","euler"][r['i']%2],f4(1+r['dropout']*10),f4(r['acc']*30),f4(r['loss']*40),[20,50,100][r['i']%3],f4(r['r']*20)],dict(obj="minimize:fid",hp=["steps","cfg_scale","sampler","guidance","nfe"]))
put("hf_hub.csv",["model_id","created_at","sha","learning_rate","train_batch_size","seed","num_epochs","Loss","Accuracy","F1"],lambda r:[f"ana/bert-{r['id']}",r['t'].isoformat(),r['sha'],f4(r['lr']),r['width'],42,3,f4(r['loss']),f4(r['acc']),f4(r['acc']-.01)],dict(obj="maximize:Accuracy",hp=["learning_rate","train_batch_size"],prop=("minimize:Loss","maximize:Accuracy","maximize:F1")))
put("dutch.csv",["proef","leersnelheid","batchgrootte","datum","opmerking","validatieverlies","nauwkeurigheid"],lambda r:[r['i']+1,com(r['lr']),r['width'],r['t'].strftime("%d-%m-%Y"),"",com(r['loss']),com(r['acc'])],dict(obj="minimize:validatieverlies",hp=["leersnelheid","batchgrootte"],prop=("minimize:validatieverlies","maximize:nauwkeurigheid")),delim=";")
put("polish.csv",["próba","współczynnik_uczenia","rozmiar_partii","data","strata","dokładność"],lambda r:[r['i']+1,com(r['lr']),r['width'],r['t'].strftime("%d.%m.%Y"),com(r['loss']),com(r['acc'])],dict(obj="minimize:strata",hp=["współczynnik_uczenia","rozmiar_partii"],prop=("minimize:strata","maximize:dokładność")),delim=";")
put("korean.csv",["번호","학습률","배치크기","상태","검증손실","정확도"],lambda r:[r['i']+1,f4(r['lr']),r['width'],"완료",f4(r['loss']),f4(r['acc'])],dict(obj="minimize:검증손실",hp=["학습률","배치크기"],prop=("minimize:검증손실","maximize:정확도")))
put("turkish.csv",["deneme","öğrenme_oranı","yığın_boyutu","kayıp","doğruluk"],lambda r:[r['i']+1,com(r['lr']),r['width'],com(r['loss']),com(r['acc'])],dict(obj="minimize:kayıp",hp=["öğrenme_oranı","yığın_boyutu"],prop=("minimize:kayıp","maximize:doğruluk")),delim=";")
put("swedish.csv",["körning","inlärningshastighet","satsstorlek","anteckning","valideringsförlust","noggrannhet"],lambda r:[r['i']+1,com(r['lr']),r['width'],"",com(r['loss']),com(r['acc'])],dict(obj="minimize:valideringsförlust",hp=["inlärningshastighet","satsstorlek"],prop=("minimize:valideringsförlust","maximize:noggrannhet")),delim=";")
put("swiss.csv",["Lauf","Lernrate","Parameter","Tokens","Verlust"],lambda r:[r['i']+1,f4(r['lr']),f"{r['width']*1000:,}".replace(",","'"),f"{r['width']*100000:,}".replace(",","'"),f4(r['loss'])],dict(obj="minimize:Verlust",hp=["Lernrate","Parameter","Tokens"]))
put("thousands.csv",["run","lr","tokens","warmup_steps","loss"],lambda r:[r['i'],f4(r['lr']),f"{(1+r['i']%4)*1000000:,}",f"{(1+r['i']%3)*500:,}",f4(r['loss'])],dict(obj="minimize:loss",hp=["lr","tokens","warmup_steps"],numeric=["tokens","warmup_steps"]))
put("quoted_nums.csv",["lr","width","loss"],lambda r:["'"+f4(r['lr']),f'="{r["width"]}"',f4(r['loss'])],dict(obj="minimize:loss",hp=["lr","width"],numeric=["lr","width"]))
put("pm.csv",["method","lr","width","val acc"],lambda r:[f"m{r['i']}",f4(r['lr']),r['width'],f"{r['acc']*100:.2f} ± {r['r']:.2f}"],dict(obj="maximize:val acc",hp=["lr","width"],prop="maximize:val acc"))
put("pow.csv",["lr","wd","width","loss"],lambda r:[["1e-3","10^-4","3×10^-4","5e-5"][r['i']%4],["2^-4","2^-6","2^-8"][r['i']%3],["2^5","2^6","2^7"][(r['i']//3)%3],f4(r['loss'])],dict(obj="minimize:loss",hp=["lr","wd","width"],numeric=["lr","wd","width"]))
put("frac.csv",["mask_ratio","lr","loss"],lambda r:[["1/4","1/2","3/4"][r['i']%3],f4(r['lr']),f4(r['loss'])],dict(obj="minimize:loss",hp=["mask_ratio","lr"]))
put("step_runtime.csv",["Run","Step","Relative","Wall time","lr","hidden","val_loss"],lambda r:[f"run{r['i']}",1000,f4(r['sec']),1.77e9+r['i']*700,f4(r['lr']),r['width'],f4(r['loss'])],dict(obj="minimize:val_loss",hp=["lr","hidden"],prop="minimize:val_loss"))
put("epochs_vary.csv",["name","lr","epochs","epoch","val_loss"],lambda r:[f"r{r['i']}",f4(r['lr']),[10,20,40][r['i']%3],[10,20,40][r['i']%3]-r['i']%2,f4(r['loss'])],dict(obj="minimize:val_loss",hp=["lr","epochs"],prop="minimize:val_loss"))
put("gpu_index.csv",["gpu","worker","lr","wd","val_acc","val_acc_std"],lambda r:[r['i']%4,f"w{r['i']%2}",f4(r['lr']),f4(r['wd']),f4(r['acc']),f4(r['r']/50)],dict(obj="maximize:val_acc",hp=["lr","wd"],prop="maximize:val_acc"))
put_json("argparse.jsonl",lambda r:{"args":{"lr":r['lr'],"bs":r['width'],"optimizer":r['opt'],"output_dir":f"out/{r['id']}","run_name":f"r{r['i']}","data_dir":"/data","device":"cuda","local_rank":-1,"num_workers":4,"resume":None,"log_interval":50,"wandb":True,"seed":r['i']%3,"exp_time":r['t'].isoformat()},"best_val_acc":r['acc'],"final_val_loss":r['loss'],"train_time":r['sec'],"n_params":r['width']*1000},dict(obj="maximize:best_val_acc",hp=["lr","bs","optimizer"],seeds=3,prop=("maximize:best_val_acc","minimize:final_val_loss")))
put_json("wandb_api.json",lambda r:{"id":r['id'],"name":f"sage-{r['i']}","state":"finished","created_at":r['t'].isoformat(),"config":{"lr":{"value":r['lr'],"desc":None},"width":{"value":r['width'],"desc":None},"_wandb":{"value":{"cli_version":"0.15"},"desc":None}},"summary_metrics":{"_step":100,"_runtime":r['sec'],"_timestamp":1.77e9+r['i']*700,"val":{"loss":r['loss'],"acc":r['acc']}}},dict(obj="minimize:val.loss",hp=["lr","width"],prop=("minimize:summary/val.loss","maximize:summary/val.acc")),lines=False)
put_json("mlflow_rest.json",lambda r:{"info":{"run_id":r['uuid'],"run_name":f"n{r['i']}","status":"FINISHED","start_time":int(1.77e12+r['i']*7e5),"end_time":int(1.77e12+r['i']*7e5+6e5)},"data":{"metrics":{"val_loss":r['loss']},"params":{"lr":str(r['lr']),"width":str(r['width'])},"tags":{"mlflow.user":"ana"}}},dict(obj="minimize:data.metrics.val_loss",hp=["data.params.lr","data.params.width"]),lines=False,wrap=lambda rows:{"runs":rows})
put_json("opt_nested.jsonl",lambda r:{"trial_id":r['id'],"hyperparameters":{"optimizer":{"name":r['opt'],"lr":r['lr'],"betas":[.9,.999]},"model":{"layers":[64,64] if r['i']%2 else [128],"dropout":r['dropout']}},"results":{"val":{"loss":r['loss'],"accuracy":r['acc']},"test":{"accuracy":r['acc']-.01}},"status":"COMPLETED","git":{"sha":r['sha'],"dirty":False},"env":{"host":"n1","gpu":"A100"}},dict(obj="minimize:val.loss",hp=["optimizer.name","optimizer.lr","model.layers","model.dropout"],prop=("minimize:summary/val.loss","maximize:summary/val.accuracy")))
put_json("flatstr.jsonl",lambda r:{"run":f"r{r['i']}","lr":f"{r['lr']:.1e}","width":str(r['width']),"amp":"True" if r['i']%2 else "False","loss":f"{r['loss']:.4f}","elapsed":f"0:10:{r['i']:02d}"},dict(obj="minimize:loss",hp=["lr","width","amp"],prop="minimize:loss"))
put_json("hp_results.json",lambda r:{"params":{"C":10**(r['i']%5-2),"kernel":["rbf","lin"][r['i']%2],"gamma":r['lr']},"mean_test_score":r['acc'],"std_test_score":r['r']/50,"rank_test_score":r['i']+1},dict(obj="maximize:mean_test_score",hp=["C","kernel","gamma"],prop="maximize:mean_test_score"),lines=False)
put_json("history.jsonl",lambda r:{"name":f"m{r['i']}","lr":r['lr'],"units":r['width'],"history":{"loss":[1.0,.6,r['tl']],"val_loss":[1.1,.7,r['loss']],"lr":[r['lr']]*3},"epochs":3},dict(obj="minimize:val_loss",hp=["lr","units"],prop="minimize:val_loss"))
put_json("nested_eval.json",lambda r:{"model_name":["bert","roberta","deberta"][r['i']%3],"learning_rate":r['lr'],"batch_size":r['width'],"metrics":{"eval_f1":r['acc'],"eval_loss":r['loss'],"eval_runtime":r['sec']/10,"epoch":3.0},"timestamp":r['t'].strftime("%Y%m%d-%H%M%S")},dict(obj="maximize:eval_f1",hp=["model_name","learning_rate","batch_size"],prop=("maximize:summary/eval_f1","minimize:summary/eval_loss")),lines=False,wrap=lambda rows:{"experiments":rows,"created":"2026"})
# CSVs
put("mlflow_autolog.csv",["run_id","experiment_id","status","start_time","end_time","artifact_uri","metrics.val_loss","metrics.training_accuracy_score","params.learning_rate","params.epochs","params.batch_size","params.opt_name","params.output_dir","params.log_every_n_steps","params.checkpoint_path","params.num_params","params.host","tags.mlflow.parentRunId","tags.estimator_name"],lambda r:[r['uuid'].replace("-",""),1,"FINISHED",r['t'].isoformat(),r['t'].isoformat(),"file:///x/"+r['id'],r['loss'],r['acc'],r['lr'],10,r['width'],r['opt'],"/out/"+r['id'],50,"/ck/"+r['id']+".pt",r['width']*1000,["n1","n2"][r['i']%2],"abc","X"],dict(obj="minimize:val_loss",hp=["learning_rate","batch_size","opt_name"],prop="minimize:metrics.val_loss"))
put("epoch_time.csv",["Model","Learning rate","Epochs","Time/epoch (s)","Total time (h)","Train acc (%)","Val acc (%)","Test acc (%)","GPU mem (GB)"],lambda r:[["CNN","MLP"][r['i']%2],f4(r['lr']),[10,20,30][r['i']%3],f"{r['sec']/30:.1f}",f"{r['sec']/3600:.2f}",f"{r['acc']*100+3:.2f}",f"{r['acc']*100:.2f}",f"{r['acc']*100-1:.2f}",f"{4+r['r']*4:.1f}"],dict(obj="maximize:Val acc (%)",hp=["Model","Learning rate","Epochs"],prop="maximize:Val acc (%)"))
put("no_header_words.csv",["a","b","c","score"],lambda r:[f4(r['lr']),r['width'],f4(r['dropout']),f4(r['acc'])],dict(obj="maximize:score",hp=["a","b","c"],prop="maximize:score"))
put("dates_only.csv",["date","time","lr","loss","commit","author","message"],lambda r:[r['t'].strftime("%Y-%m-%d"),r['t'].strftime("%H:%M:%S"),f4(r['lr']),f4(r['loss']),r['sha'][:8],"ana",f"try {r['i']}"],dict(obj="minimize:loss",hp=["lr"],prop="minimize:loss"))
put("log2.csv",["log_lr","log2_width","ln_wd","valid_error"],lambda r:[f"{math.log10(r['lr']):.4f}",int(math.log2(r['width'])),f"{math.log(r['wd']):.3f}",f4(r['loss'])],dict(obj="minimize:valid_error",hp=["log_lr","log2_width","ln_wd"],prop="minimize:valid_error"))
put("env_first.csv",["env","algo","seed","n_envs","lr","clip_range","ep_rew_mean","ep_len_mean","fps","time_elapsed","total_timesteps"],lambda r:[["Ant","Hopper"][r['i']%2],"ppo",r['i']%4,8,f4(r['lr']),[.1,.2,.3][r['i']%3],f4(r['acc']*1000),f4(r['acc']*900),int(2000+r['r']*300),int(r['sec']),1000000],dict(obj="maximize:ep_rew_mean",hp=["env","lr","clip_range"],seeds=4,prop="maximize:ep_rew_mean"))
put("ablate.csv",["variant","use_aug","use_ema","use_mixup","lr","top-1 (%)","top-5 (%)","params(M)","FLOPs(G)"],lambda r:[f"v{r['i']}","✓" if r['i']%2 else "✗","✓" if (r['i']//2)%2 else "✗","✓" if (r['i']//4)%2 else "✗",f4(r['lr']),f"{r['acc']*100:.1f}",f"{r['acc']*110:.1f}","25.6","4.1"],dict(obj="maximize:top-1 (%)",hp=["use_aug","use_ema","use_mixup","lr"],prop=("maximize:top-1 (%)","maximize:top-5 (%)")))
put("sem.csv",["lr","wd","n_seeds","val_loss_mean","val_loss_std","val_loss_sem"],lambda r:[f4(r['lr']),f4(r['wd']),3,f4(r['loss']),f4(r['r']/50),f4(r['r']/90)],dict(obj="minimize:val_loss_mean",hp=["lr","wd"],prop="minimize:val_loss_mean"))
put("multi_obj.csv",["cfg","lr","width","latency_ms","val_acc","size_mb","energy_j"],lambda r:[r['i'],f4(r['lr']),r['width'],f4(r['r']*20),f4(r['acc']),f4(r['width']/10),f4(r['r']*4)],dict(obj="maximize:val_acc",hp=["lr","width"],prop="maximize:val_acc"))
put("tune_analysis.csv",["trial_id","score","time_total_s","config.lr","config.model.width","config.seed","config.trial_name","done"],lambda r:[r['id'],r['acc'],r['sec'],r['lr'],r['width'],r['i']%2,"t"+r['id'],True],dict(obj="maximize:score",hp=["lr","model.width"],seeds=2,prop="maximize:score"))
put("lr_sched.csv",["exp no.","init lr","end lr","schedule","warm up","weight decay","label smoothing","val top1"],lambda r:[r['i']+1,f4(r['lr']),f4(r['lr']/100),["cos","step"][r['i']%2],["yes","no"][(r['i']//2)%2],f4(r['wd']),[0,.1][(r['i']//4)%2],f"{r['acc']*100:.2f}"],dict(obj="maximize:val top1",hp=["init lr","end lr","schedule","warm up","weight decay","label smoothing"],prop="maximize:val top1"))
put("comet_ui.csv",["Name","Experiment key","Tags","Duration","Created at","learning_rate","hidden_layer_size","batch_size","train_accuracy","val_accuracy","val_loss","train_curr_epoch","sys.gpu.0.gpu_utilization","sys.cpu.percent.avg"],lambda r:[f"e{r['i']}",r['id'],"",f"{r['sec']/60:.2f} mins",r['t'].strftime("%m/%d/%Y %I:%M %p"),f4(r['lr']),r['width'],64,f4(r['acc']+.02),f4(r['acc']),f4(r['loss']),9,f4(r['r']*100),f4(r['r']*30)],dict(obj="minimize:val_loss",hp=["learning_rate","hidden_layer_size"],prop=("minimize:val_loss","maximize:val_accuracy")))
put("wandb_sweep_ui.csv",["Name","Created","Runtime","End Time","ID","Hostname","State","User","Commit","GPU Count","GPU Type","Job Type","lr.value","lr.desc","width.value","width.desc","_wandb.value","val_loss","test_loss"],lambda r:[f"s-{r['i']}",r['t'].isoformat(),f"{int(r['sec']//60)}m {int(r['sec']%60)}s",r['t'].isoformat(),r['id'],"h","finished","a",r['sha'],1,"A100","train",f4(r['lr']),"",r['width'],"","{}",f4(r['loss']),f4(r['loss']+.01)],dict(obj="minimize:val_loss",hp=["lr","width"],prop="minimize:val_loss"))
put("clearml2.csv",["ID","Name","Type","Status","Created","Started","Completed","Active duration","Iterations","Args/lr","Args/batch","Args/epochs","Args/optimizer","Summary/val_acc","Summary/best_epoch","Worker","Queue"],lambda r:[r['uuid'],"hpo","training","Completed",r['t'].isoformat(),r['t'].isoformat(),r['t'].isoformat(),f"{int(r['sec'])}s",1000,f4(r['lr']),r['width'],10,r['opt'],f4(r['acc']),3+r['i']%6,"w:gpu0","default"],dict(obj="maximize:Summary/val_acc",hp=["Args/lr","Args/batch","Args/optimizer"],prop="maximize:Summary/val_acc"))
put("sacred.csv",["_id","experiment.name","host.hostname","start_time","stop_time","status","config.lr","config.layers","config.seed","result","info.metrics.0.name"],lambda r:[r['i']+1,"e","h1",r['t'].isoformat(),r['t'].isoformat(),"COMPLETED",f4(r['lr']),1+r['i']%4,r['i']%2*100,f4(r['acc']),"acc"],dict(obj="maximize:result",hp=["lr","layers"],seeds=2))
put("guild.csv",["run","operation","started","time","status","label","learning-rate","batch-size","step","loss","acc"],lambda r:[r['id'],"train",r['t'].strftime("%Y-%m-%d %H:%M:%S"),f"0:{int(r['sec']//60):02d}:{int(r['sec']%60):02d}","completed",f"learning-rate={r['lr']:.3g}",f4(r['lr']),r['width'],1000,f4(r['loss']),f4(r['acc'])],dict(obj="minimize:loss",hp=["learning-rate","batch-size"],prop=("minimize:loss","maximize:acc")))
put("sigopt.csv",["id","suggestion","created","failed","metadata.host","assignments.lr","assignments.width","values.accuracy","values.accuracy.stddev"],lambda r:[100+r['i'],200+r['i'],1.77e9+r['i']*60,"False","h",f4(r['lr']),r['width'],f4(r['acc']),f4(r['r']/50)],dict(obj="maximize:values.accuracy",hp=["assignments.lr","assignments.width"],prop="maximize:values.accuracy"))
put("hyperopt.csv",["tid","loss","status","lr","c_type","units","book_time","refresh_time","exp_key"],lambda r:[r['i'],f4(r['loss']),"ok",f4(r['lr']),["a","b"][r['i']%2],r['width'],r['t'].isoformat(),r['t'].isoformat(),"None"],dict(obj="minimize:loss",hp=["lr","c_type","units"],prop="minimize:loss"))
put("katib.csv",["trialName","status","val-accuracy","lr","num-layers","optimizer"],lambda r:[f"random-{r['id']}","Succeeded",f4(r['acc']),f4(r['lr']),2+r['i']%4,r['opt']],dict(obj="maximize:val-accuracy",hp=["lr","num-layers","optimizer"],prop="maximize:val-accuracy"))
put("nni.csv",["trialJobId","sequence","reward","intermediate","lr","hidden_size","batch_size"],lambda r:[r['id'],r['i'],f4(r['acc']),"[0.1, 0.2]",f4(r['lr']),r['width'],[32,64][r['i']%2]],dict(obj="maximize:reward",hp=["lr","hidden_size","batch_size"],prop="maximize:reward"))
put("vertex.csv",["trial_id","state","start_time","end_time","learning_rate","momentum","num_units","accuracy"],lambda r:[r['i']+1,"SUCCEEDED",r['t'].isoformat()+"Z",r['t'].isoformat()+"Z",f4(r['lr']),f4(r['dropout']+.4),r['width'],f4(r['acc'])],dict(obj="maximize:accuracy",hp=["learning_rate","momentum","num_units"],prop="maximize:accuracy"))
put("sagemaker.csv",["TrainingJobName","TrainingJobStatus","FinalObjectiveValue","TrainingStartTime","TrainingEndTime","TrainingElapsedTimeSeconds","learning_rate","mini_batch_size","optimizer"],lambda r:[f"tj-{r['i']:03d}-{r['id']}","Completed",f4(r['loss']),r['t'].isoformat(),r['t'].isoformat(),f"{r['sec']:.1f}",f4(r['lr']),r['width'],r['opt']],dict(obj="minimize:FinalObjectiveValue",hp=["learning_rate","mini_batch_size","optimizer"]))
put("azureml.csv",["run_id","run_number","metric","status","run_type","training_percent","start_time","end_time","created_time","duration","hyper_param_--lr","hyper_param_--bs"],lambda r:[r['uuid'],r['i'],f4(r['acc']),"Completed","hyperdrive",100,r['t'].isoformat(),r['t'].isoformat(),r['t'].isoformat(),"0:10:12",f4(r['lr']),r['width']],dict(obj="maximize:metric",hp=["hyper_param_--lr","hyper_param_--bs"]))
put("dvc_exp.csv",["Experiment","rev","typ","Created","parent","State","Executor","val_loss","step","train.lr","train.epochs","model.hidden","data/raw","src/train.py"],lambda r:[f"exp-{r['id']}",r['sha'][:7],"branch_commit",r['t'].isoformat(),"main","Success","",f4(r['loss']),9,f4(r['lr']),10,r['width'],"a1b2c3d","e4f5a6b"],dict(obj="minimize:val_loss",hp=["train.lr","model.hidden"],prop="minimize:val_loss"))
put("polyaxon.csv",["uuid","name","status","kind","created_at","duration","in.lr","in.dropout","out.loss","out.accuracy"],lambda r:[r['uuid'],f"n{r['i']}","succeeded","job",r['t'].isoformat(),int(r['sec']),f4(r['lr']),f4(r['dropout']),f4(r['loss']),f4(r['acc'])],dict(obj="minimize:out.loss",hp=["in.lr","in.dropout"],prop=("minimize:out.loss","maximize:out.accuracy")))
put("tb_hparams.csv",["Trial ID","Show Metrics","lr","num_units","optimizer","Accuracy","hparam/loss"],lambda r:[r['uuid'],"false",f4(r['lr']),r['width'],r['opt'],f4(r['acc']),f4(r['loss'])],dict(obj="maximize:Accuracy",hp=["lr","num_units","optimizer"],prop=("maximize:Accuracy","minimize:hparam/loss")))
put("keras_csv.csv",["lr","dense_units","dropout_rate","epochs_trained","history_loss","history_val_loss","history_val_mae","total_params"],lambda r:[f4(r['lr']),r['width'],f4(r['dropout']),5+r['i']%6,f4(r['tl']),f4(r['loss']),f4(r['loss']*2),r['width']*101],dict(obj="minimize:history_val_loss",hp=["lr","dense_units","dropout_rate"],prop=("minimize:history_val_loss","minimize:history_val_mae")))
